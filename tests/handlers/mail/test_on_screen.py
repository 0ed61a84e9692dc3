"""Letters in Chromium: on a phone and on a screen, light and dark, readable by everybody and without scripts."""

from datetime import timedelta
from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Browser

from approvals.drills import Drill
from handlers.mail.letters import written
from handlers.mail.news import called
from tests.handlers.mail.letters import card, denied, notice
from tests.support.axe import wrongs
from tests.support.builders import NOW
from tests.support.chromium import MARKS, brightness, browser, tab
from tests.support.mails import mail_settings

__all__ = ["browser"]
pytestmark = MARKS
WIDTHS = [375, 1280]
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
LONG = "INC-42 " + "averylongwordwithoutanyblank" * 20 + "\n\nhttps://evil.example.org/" + "x" * 300
KINDS = {"call": card(LONG), "copy": card(LONG), "outcome": denied(LONG, LONG)}


def drill() -> str:
    """The mail of a drill."""
    people, until = ("bob@example.com",), NOW + timedelta(minutes=15)
    called_to = Drill(id="d-0123456789", by="os:root", people=people, begun=NOW, until=until)
    made = called(called_to, to="bob@example.com", settings=mail_settings(), now=NOW).get_body(("html",))
    assert made is not None
    return str(made.get_content())


@pytest.mark.parametrize("kind", [*KINDS, "drill"])
def test_a_letter_fits_every_screen_and_everybody_can_read_it(browser: Browser, kind: str) -> None:
    known = kind in KINDS
    html = written(notice(kind), KINDS[kind], settings=mail_settings())[1] if known else drill()
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


def test_a_short_label_stays_on_one_line_whatever_stands_beside_it(browser: Browser) -> None:
    page = tab(browser, width=375)
    page.set_content(written(notice("call"), KINDS["call"], settings=mail_settings())[1])
    wide, high = page.locator("th", has_text="How long").evaluate(
        "each => { const all = document.createRange(); all.selectNodeContents(each);"
        " const box = all.getBoundingClientRect(); return [box.width, box.height] }"
    )

    assert high < wide
    page.close()
