"""The page of drift in a browser: for everybody, wide and narrow, light and dark."""

from itertools import product

from playwright.sync_api import Browser as Chromium

from tests.handlers.web.conftest import CAROL
from tests.handlers.web.test_drift import office
from tests.handlers.web.test_in_browser import RULES, SCHEMES, SIZES, visiting
from tests.support.axe import wrongs
from tests.support.chromium import MARKS, browser
from tests.support.running import Running

__all__ = ["browser", "office"]
pytestmark = MARKS


def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser: Chromium, office: Running) -> None:
    with visiting(browser, office, CAROL, "/drift", script=True) as page:
        for (width, height), scheme in product(SIZES, SCHEMES):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            assert wrongs(page, only=RULES) == [], f"{width}, {scheme}"
            wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not wide, str(width)


def test_on_a_wide_screen_every_column_is_seen(browser: Chromium, office: Running) -> None:
    with visiting(browser, office, CAROL, "/drift", script=True) as page:
        hidden = page.evaluate(
            "[...document.querySelectorAll('.wide')].map(each => each.scrollWidth - each.clientWidth)"
        )

    assert hidden
    assert max(hidden) <= 0


def test_who_has_it_is_seen_first_on_a_phone(browser: Chromium, office: Running) -> None:
    with visiting(browser, office, CAROL, "/drift", script=True) as page:
        page.set_viewport_size({"width": 360, "height": 640})
        cell = page.get_by_text("user:eve@example.com", exact=True).first
        box = cell.bounding_box()

    assert box is not None
    assert box["x"] + box["width"] <= 360
