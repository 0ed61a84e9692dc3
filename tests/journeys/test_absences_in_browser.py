"""Being away and back on the pages, as a person does it, and the page of a drill, for everybody."""

from datetime import timedelta
from itertools import product

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from approvals import absences, drilling
from tests.handlers.web.test_in_browser import RULES, SCHEMES, SIZES, address, visiting
from tests.journeys.test_absences import BOB, CAROL, office
from tests.support.axe import wrongs
from tests.support.chromium import MARKS, browser
from tests.support.running import Running

__all__ = ["browser", "office"]
pytestmark = MARKS


def is_for_everybody(page: Page) -> None:
    """Nothing is wrong by axe, and nothing scrolls sideways."""
    for (width, height), scheme in product(SIZES, SCHEMES):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        assert wrongs(page, only=RULES) == [], f"{width}, {scheme}"
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, str(width)


def test_a_person_is_away_and_back_and_loses_nothing_of_what_they_typed(
    browser: Chromium, office: Running
) -> None:
    with visiting(browser, office, CAROL, "/", script=True) as page:
        page.get_by_role("link", name="Have somebody stand in for you").click()
        expect(page.get_by_text("You are not away.")).to_be_visible()
        until, delegate = (
            page.get_by_label("Until when are you away?"),
            page.get_by_label("Who stands in for you?"),
        )
        until.fill("whenever")
        delegate.fill("dan@example.com")
        page.get_by_role("button", name="Be away").click()

        problem = page.get_by_role("alert")
        expect(problem).to_contain_text("“whenever” is no time that is understood here")
        expect(problem).to_contain_text("dan@example.com may not stand in for others")
        expect(until).to_have_value("whenever")
        expect(delegate).to_have_value("dan@example.com")
        assert page.locator("#choice option").evaluate_all("all => all.map(each => each.value)") == [BOB]
        is_for_everybody(page)

        until.fill("friday 9:00")
        delegate.fill(BOB)
        page.get_by_role("button", name="Be away").click()
        expect(page.get_by_text("bob@example.com stands in for you")).to_be_visible()
        assert [each.delegate for each in absences.read(office.service.store)[1]] == [BOB]
        page.get_by_role("button", name="I am back").click()
        expect(page.get_by_text("You are not away.")).to_be_visible()
        assert absences.read(office.service.store)[1] == ()


def test_whoever_was_called_to_a_drill_presses_one_button(browser: Chromium, office: Running) -> None:
    now, within = office.clock(), timedelta(minutes=15)
    drill = drilling.begin(office.service.store, people=[CAROL], within=within, by="os:root", now=now)
    with visiting(browser, office, CAROL, f"/drill/{drill.id}", script=True) as page:
        is_for_everybody(page)
        page.get_by_role("button", name="I am here").click()
        expect(page.get_by_text("You answered this drill. Thank you")).to_be_visible()
        assert page.url == address(office, f"/drill/{drill.id}")
