"""The field of a later start, and the page of freezes, in a browser without scripts: as a person uses them."""

import re
from datetime import timedelta

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from tests.handlers.web.conftest import ALICE, CAROL
from tests.handlers.web.test_freezes import office
from tests.handlers.web.test_in_browser import require_for_everybody, visiting
from tests.support.chromium import MARKS, browser
from tests.support.running import Running

__all__ = ["browser", "office"]
pytestmark = MARKS

REFUSED = {"2020-01-01 10:00": "That time is over", "2098-01-01 10:00": "at most 30 days from now"}


def test_a_refused_start_loses_nothing_that_was_typed_and_a_later_one_is_asked_for(
    browser: Chromium, office: Running
) -> None:
    later = f"{office.clock() + timedelta(days=2):%Y-%m-%d} 10:00"
    typed = {"For how long?": "45m", "Why do you need it?": "INC-1 move the disks"}
    with visiting(browser, office, ALICE, "/ask/admin") as page:
        for label, text in typed.items():
            page.get_by_label(label).fill(text)
        for start, said in REFUSED.items():
            page.get_by_label("When should it begin?").fill(start)
            page.get_by_role("button", name="Ask for it").click()

            expect(page.get_by_role("alert")).to_contain_text(said)
            for label, text in {**typed, "When should it begin?": start}.items():
                expect(page.get_by_label(label)).to_have_value(text)
        assert list(office.service.store.open_of(ALICE)) == []

        page.get_by_label("When should it begin?").fill(later)
        page.get_by_role("button", name="Ask for it").click()
        expect(page).to_have_url(re.compile("/request/r-"))
        expect(page.get_by_role("main")).to_contain_text("INC-1 move the disks")

    (request,) = office.service.store.open_of(ALICE)
    assert request.terms.start is not None
    assert f"{request.terms.start:%Y-%m-%d %H:%M}" == later
    assert request.terms.duration == timedelta(minutes=45)


def test_an_administrator_freezes_a_person_and_thaws_them(browser: Chromium, office: Running) -> None:
    with visiting(browser, office, CAROL, "/") as page:
        page.get_by_role("link", name="Freezes").click()
        form = page.get_by_role("region", name="Freeze a person")
        form.get_by_label("Their e-mail address").fill("bob@example.org")
        form.get_by_label("Why are they frozen?").fill("INC-9 a stolen laptop")
        form.get_by_role("button", name="Freeze this person").click()
        expect(page.get_by_role("alert")).to_contain_text("no address of a person here")
        expect(form.get_by_label("Why are they frozen?")).to_have_value("INC-9 a stolen laptop")

        form.get_by_label("Their e-mail address").fill("bob@example.com")
        form.get_by_role("button", name="Freeze this person").click()
        standing = page.get_by_role("region", name="What is frozen")
        expect(standing).to_contain_text("The person bob@example.com, since")
        expect(standing).to_contain_text("INC-9 a stolen laptop")

        standing.get_by_text("Thaw bob@example.com").click()
        standing.get_by_label("Why can they go on?").fill("It was found")
        standing.get_by_role("button", name="Thaw this person").click()
        expect(standing).to_contain_text("Nothing is frozen.")


def test_axe_finds_nothing_on_the_page_of_freezes_and_nothing_scrolls_sideways(
    browser: Chromium, office: Running
) -> None:
    with visiting(browser, office, CAROL, "/freezes", script=True) as page:
        form = page.get_by_role("region", name="Freeze a person")
        form.get_by_label("Their e-mail address").fill("bob@example.com")
        form.get_by_label("Why are they frozen?").fill("INC-9 " + "a stolen laptop and its badge " * 8)
        form.get_by_role("button", name="Freeze this person").click()
        expect(page.get_by_role("region", name="What is frozen")).to_contain_text("The person bob@example.com")

        require_for_everybody(page, "freezes")
