"""A looser policy that is accepted, less that is offered and accepted, and access that goes on, in a browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from approvals.policy.reading.parse import digest_of
from bot import background
from tests.handlers.web.test_in_browser import require_for_everybody, visiting
from tests.support.chromium import MARKS, act_as, browser, tab
from tests.support.running import POLICY, Running, running

__all__ = ["browser"]
pytestmark = MARKS

ALICE, BOB, CAROL = (f"{name}@example.com" for name in ("alice", "bob", "carol"))
TIGHT = POLICY.replace(
    "entitlements:", f"change: {{approvers: [{BOB}, {CAROL}], needed: 2}}\nentitlements:", 1
).replace(
    "[roles/compute.instanceAdmin.v1]\n", "[roles/compute.instanceAdmin.v1]\n    extend: {max_total: 4h}\n", 1
)
LOOSER = TIGHT.replace("[roles/logging.viewer]", "[roles/logging.viewer, roles/logging.admin]")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as sooner:
        sooner.setattr(background, "POLICY", 0.1)
        with running(tmp_path_factory.mktemp("office"), policy=TIGHT, iap_port=0) as office:
            yield office


@pytest.fixture
def page(office: Running, browser: Browser) -> Iterator[Page]:
    opened = tab(browser, width=1380, height=900)
    opened.goto(f"http://localhost:{office.box.port}/")
    yield opened
    opened.close()


def log(page: Page) -> Locator:
    return page.get_by_role("log", name="Messages in access")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{name}")).last.click()


def test_a_looser_policy_is_accepted_on_its_card_and_on_its_page(
    office: Running, browser: Browser, page: Page
) -> None:
    office.policy_file.write_text(LOOSER)
    act_as(page, "Bob Baker")
    expect(log(page)).to_contain_text("Needs 2 approvals by bob@example.com or carol@example.com")
    expect(log(page)).to_contain_text("logs: gives: roles/logging.viewer and roles/logging.admin")
    pending = office.service.store.pending(limit=10)
    (asked,) = [each.id for each in pending if each.terms.entitlement == "policy.change"]
    press(page, f"Approve request {asked}")
    expect(log(page)).to_contain_text("1 of 2 done")
    assert office.service.policy.current().digest == digest_of(TIGHT)

    with visiting(browser, office, CAROL, "/", script=True) as pages:
        pages.get_by_role("link", name="Put a looser policy in force").click()
        expect(pages.get_by_text("does not know who wrote it")).to_be_visible()
        require_for_everybody(pages, "a looser policy")
        pages.get_by_role("button", name="Approve").click()
        expect(pages.get_by_role("heading", level=1)).to_contain_text(re.compile("Accepted"))
    expect(log(page)).to_contain_text("Accepted and put in force")
    assert office.service.policy.current().digest == digest_of(LOOSER)


def test_less_is_offered_on_the_card_and_accepted_in_the_message(office: Running, page: Page) -> None:
    asked = office.ask("alice", "admin", "INC-5 disk full")
    act_as(page, "Bob Baker")
    press(page, f"Offer less for request {asked}|Offer less request {asked}")
    dialog = page.get_by_role("dialog", name="Offer less")
    dialog.get_by_label("For how long at most?").fill("30m")
    dialog.get_by_label("Why less?").fill("Half an hour is enough for a disk")
    dialog.get_by_role("button", name="Offer it").click()
    expect(dialog).to_have_count(0)

    act_as(page, "Alice Archer")
    page.get_by_role("list", name="Direct messages").get_by_role("button").click()
    own = page.get_by_role("log")
    expect(own).to_contain_text("Half an hour is enough for a disk")
    press(page, f"Accept the offer for request {asked}")
    office.until(lambda: office.request(asked).revision == 2)
    assert office.request(asked).reviews == ()
    expect(own).to_contain_text("30 minutes")


def test_less_is_offered_and_accepted_and_access_extended_on_the_pages(office: Running, browser: Browser) -> None:
    asked = office.ask("alice", "admin", "INC-6 disk full")
    with visiting(browser, office, BOB, f"/request/{asked}") as page:
        page.locator("summary", has_text="Offer less").click()
        page.get_by_label("For how long at most?").fill("30m")
        page.get_by_role("button", name="Offer it").click()
        expect(page.get_by_role("main")).to_contain_text("30 minutes")
    with visiting(browser, office, ALICE, f"/request/{asked}", script=True) as page:
        require_for_everybody(page, "an offer")
        page.get_by_role("button", name="Accept the offer").click()
        expect(page.get_by_role("button", name="Accept the offer")).to_have_count(0)
    assert (office.request(asked).revision, office.request(asked).state) == (2, "pending")
    with visiting(browser, office, BOB, f"/request/{asked}") as page:
        page.get_by_role("button", name="Approve").click()
    office.granted(asked)

    with visiting(browser, office, ALICE, f"/request/{asked}") as page:
        page.locator("summary", has_text="Extend").click()
        page.get_by_label("For how much longer?").fill("20m")
        page.get_by_label("Why do you still need it?").fill("INC-6 it is not done")
        page.get_by_role("button", name="Send request").click()
        expect(page.get_by_role("main")).to_contain_text("INC-6 it is not done")
        later = page.url.rpartition("/")[2]
    assert office.request(later).terms.extends == asked
