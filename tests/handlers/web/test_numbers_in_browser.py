"""The page of numbers in a browser: for everybody, wide and narrow, light and dark."""

from itertools import product

from playwright.sync_api import Browser as Chromium

from tests.handlers.web.conftest import CAROL
from tests.handlers.web.test_in_browser import RULES, SCHEMES, SIZES, visiting
from tests.handlers.web.test_numbers import office
from tests.support.axe import wrongs
from tests.support.chromium import MARKS, browser
from tests.support.running import Running

__all__ = ["browser", "office"]
pytestmark = MARKS


def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser: Chromium, office: Running) -> None:
    with visiting(browser, office, CAROL, "/numbers", script=True) as page:
        for (width, height), scheme in product(SIZES, SCHEMES):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            assert wrongs(page, only=RULES) == [], f"{width}, {scheme}"
            wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not wide, str(width)


def test_a_phone_shows_whole_bars_of_what_became_of_requests(browser: Chromium, office: Running) -> None:
    with visiting(browser, office, CAROL, "/numbers", script=True) as page:
        page.set_viewport_size({"width": 320, "height": 700})
        cut = page.eval_on_selector("[aria-labelledby=outcomes].wide", "box => box.scrollWidth > box.clientWidth")
        assert not cut
