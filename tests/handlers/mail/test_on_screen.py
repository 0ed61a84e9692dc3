"""Letters in Chromium: on a phone and on a screen, light and dark, readable by everybody and without scripts."""

from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Browser

from handlers.mail.letters import written
from tests.handlers.mail.letters import card, denied, notice
from tests.support.axe import wrongs
from tests.support.chromium import MARKS, brightness, browser, tab
from tests.support.mails import mail_settings

__all__ = ["browser"]
pytestmark = MARKS
WIDTHS = [375, 1280]
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
LONG = "INC-42 " + "averylongwordwithoutanyblank" * 20 + "\n\nhttps://evil.example.org/" + "x" * 300
KINDS = {"call": card(LONG), "copy": card(LONG), "outcome": denied(LONG, LONG)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_fits_every_screen_and_everybody_can_read_it(browser: Browser, kind: str) -> None:
    _, html = written(notice(kind), KINDS[kind], settings=mail_settings())
    asked: list[str] = []
    page = tab(browser)
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html)

    for width, scheme in product(WIDTHS, SCHEMES):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, scheme
        assert asked == []
        assert wrongs(page) == [], f"{width}, {scheme}"
        assert (brightness(page) < 64) == (scheme == "dark")
    page.close()
