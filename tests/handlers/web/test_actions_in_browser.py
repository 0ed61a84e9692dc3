"""What applications ask, in a browser: by keyboard alone, on a phone, in the dark, and without any script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.handlers.web.conftest import ALICE, BOB, CAROL, DAN
from tests.handlers.web.test_in_browser import address, require_for_everybody, sign_in, visiting
from tests.support.chromium import MARKS, browser
from tests.support.counter import ENVIRON, Counter
from tests.support.running import Running, running
from tests.support.visits import Browser as Visitor

__all__ = ["browser"]
pytestmark = MARKS
COUNTER = Counter()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("counter")
    with running(folder, policy=COUNTER.policy, environ=ENVIRON, iap_port=0) as office:
        yield office


def confirmed(office: Running, **asked: object) -> str:
    request_id, alice = COUNTER.ask(office, **asked), Visitor(office, ALICE)
    assert alice.press(alice.get(f"/request/{request_id}"), "confirm").status == 303
    return request_id


def approved(office: Running) -> str:
    request_id, bob = confirmed(office), Visitor(office, BOB)
    assert bob.press(bob.get(f"/request/{request_id}"), "approve").status == 303
    return request_id


def used(office: Running) -> str:
    request_id = approved(office)
    COUNTER.consume(office, request_id)
    return request_id


@pytest.mark.long
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser: Browser, office: Running) -> None:
    wide = {"note": "W" * 3_000}
    pages = {
        "to confirm": (ALICE, f"/request/{COUNTER.ask(office)}"),
        "to approve, and long": (BOB, f"/request/{confirmed(office, data=wide)}"),
        "to revoke": (BOB, f"/request/{approved(office)}"),
        "used": (DAN, f"/request/{used(office)}"),
        "applications": (CAROL, "/applications"),
    }
    with visiting(browser, office, CAROL, "/", script=True) as page:
        for what, (who, path) in pages.items():
            sign_in(page.context, office, who)
            page.goto(address(office, path))
            require_for_everybody(page, what)


def test_by_keyboard_alone_somebody_confirms_what_is_asked_for_them(browser: Browser, office: Running) -> None:
    request_id = COUNTER.ask(office)
    with visiting(browser, office, ALICE, "/") as page:
        page.locator(f"a[href='/request/{request_id}']").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Waits for you to confirm it")
        expect(page.get_by_role("main")).to_contain_text("Confirm it only if you want exactly this to be done.")
        page.get_by_role("button", name="Confirm").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Needs sre's approval")
    assert office.request(request_id).confirmed is not None


def test_somebody_approves_what_only_this_page_shows_and_revokes_it(browser: Browser, office: Running) -> None:
    request_id = confirmed(office, data={"note": "line " * 700})
    with visiting(browser, office, BOB, f"/request/{request_id}") as page:
        expect(page.get_by_role("main")).to_contain_text("line line line")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Approved, not used yet")
        page.locator("summary", has_text="Revoke the approval").click()
        page.get_by_label("Why do you revoke it?").fill("Wrong order.")
        page.get_by_role("button", name="Revoke it").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Revoked before it was used")
        expect(page.get_by_role("main")).to_contain_text("Wrong order.")
    assert office.request(request_id).state == "lapsed"


def test_an_administrator_finds_what_applications_may_ask_for(browser: Browser, office: Running) -> None:
    with visiting(browser, office, CAROL, "/") as page:
        page.get_by_role("link", name="Applications, and what they may ask for").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Applications")
        expect(page.get_by_role("heading", name="Refund a customer")).to_be_visible()
