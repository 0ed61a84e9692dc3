"""Letters in Chromium: on a phone and on a screen, light and dark, readable by everybody and without scripts."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from handlers.mail.letters import written
from tests.handlers.mail.letters import card, denied, notice
from tests.support.chromium import MARKS, browser
from tests.support.mails import mail_settings

__all__ = ["browser"]
pytestmark = MARKS
PHONE = 375
LONG = "INC-42 " + "averylongwordwithoutanyblank" * 20 + "\n\nhttps://evil.example.org/" + "x" * 300
KINDS = {"call": card(LONG), "copy": card(LONG), "outcome": denied(LONG, LONG)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1280])
@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_fits_every_screen_and_everybody_can_read_it(
    browser: Browser, kind: str, width: int, scheme: Any
) -> None:
    _, html = written(notice(kind), KINDS[kind], settings=mail_settings())
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == []
    if width == PHONE:
        found = Axe().run(page)
        assert [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]] == []
    page.close()
