"""A newcomer's way through the page of the demo, in Debian's Chromium: ask, decide as somebody else, end."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from approvals.policy.reading.parse import digest_of
from tests.support.chromium import MARKS, act_as, browser, tab
from tests.support.running import POLICY, Running

__all__ = ["browser"]
pytestmark = MARKS

TICKETS = r"""
tickets:
  pattern: '(INC|CHG)-\d+'
  url: "https://tickets.example.com/?id={ticket}"
"""


@pytest.fixture
def page(office: Running, browser: Browser) -> Iterator[Page]:
    """The page."""
    opened = tab(browser, width=1380, height=900)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"http://localhost:{office.box.port}/")
    yield opened
    opened.close()
    assert complaints == []


def fill_in(page: Page, *, why: str, duration: str = "45m") -> None:
    """Fill the request form in as somebody who reads its labels."""
    dialog = page.get_by_role("dialog", name="Request access")
    dialog.get_by_label("What do you need?").fill("compute")
    dialog.get_by_role("option", name="Compute admin").click()
    dialog.get_by_label("For how long?").fill(duration)
    dialog.get_by_label("Why do you need it?").fill(why)
    dialog.get_by_role("button", name="Send request").click()


def type_command(page: Page, line: str) -> None:
    message = page.get_by_label("Message #access")
    message.fill(line)
    message.press("Enter")


def press(page: Page, name: str) -> None:
    """Press a card's button. What it is read out as names the request too."""
    messages(page).get_by_role("button", name=re.compile(f"^{name}(?! with a comment)")).click()


def tickets(place: Locator) -> list[str]:
    """Where the links lead that the app did not make to a card of its own."""
    found = [str(link.get_attribute("href")) for link in place.locator("a").all()]
    return [address for address in found if "/archives/" not in address]


def use(office: Running, text: str) -> None:
    """Put a policy into force."""
    office.policy_file.write_text(text)
    office.until(lambda: office.service.policy.current().digest == digest_of(text))


def messages(page: Page) -> Locator:
    return page.get_by_role("log", name="Messages in access")


def policies(page: Page) -> Locator:
    return page.get_by_role("region", name="IAM policies")


def test_the_form_says_what_is_known_of_a_choice_and_keeps_what_was_typed(page: Page) -> None:
    act_as(page, "Alice Archer")
    type_command(page, "/jit")
    dialog = page.get_by_role("dialog", name="Request access")
    dialog.get_by_label("Why do you need it?").fill("INC-1234 disk is full")
    dialog.get_by_label("What do you need?").fill("customer")
    dialog.get_by_role("option", name="Customer data").click()

    expect(dialog).to_contain_text("Project shop-data. Approval by 2 of sre or security.")
    expect(dialog).to_contain_text("Left empty, it is 1 hour. At most 4 hours.")
    expect(dialog.get_by_label("Why do you need it?")).to_have_value("INC-1234 disk is full")


def test_a_refused_start_loses_nothing_that_was_typed_and_a_later_one_is_asked_for(
    office: Running, page: Page
) -> None:
    later = f"{office.clock() + timedelta(days=2):%Y-%m-%d} 10:00"
    act_as(page, "Alice Archer")
    type_command(page, "/jit")
    dialog = page.get_by_role("dialog", name="Request access")
    start = dialog.get_by_label("When should it begin?")
    start.fill("2020-01-01 10:00")
    fill_in(page, why="INC-1 move the disks")
    expect(dialog.get_by_role("alert")).to_contain_text("That time is over")
    start.fill("2098-01-01 10:00")
    dialog.get_by_role("button", name="Send request").click()
    expect(dialog.get_by_role("alert")).to_contain_text("at most 30 days from now")
    expect(start).to_have_value("2098-01-01 10:00")
    expect(dialog.get_by_label("For how long?")).to_have_value("45m")
    expect(dialog.get_by_label("Why do you need it?")).to_have_value("INC-1 move the disks")

    start.fill(later)
    dialog.get_by_role("button", name="Send request").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    (request,) = office.service.store.pending(limit=10)
    assert request.terms.start is not None
    assert abs(request.terms.start - office.clock() - timedelta(days=2)) < timedelta(days=2)


def test_who_asks_again_is_told_what_waits_and_replaces_it(office: Running, page: Page) -> None:
    act_as(page, "Alice Archer")
    type_command(page, "/jit")
    fill_in(page, why="INC-1 too long", duration="4h")
    expect(page.get_by_role("dialog")).to_have_count(0)
    (older,) = office.service.store.pending(limit=10)

    type_command(page, "/jit")
    dialog = page.get_by_role("dialog", name="Request access")
    dialog.get_by_label("What do you need?").fill("compute")
    dialog.get_by_role("option", name="Compute admin").click()
    expect(dialog).to_contain_text(f"You asked for this before, and it still waits: {older.id}.")
    dialog.get_by_label(f"Replace it: {older.id} is withdrawn once this is sent").check()
    # A choice of something else takes the offer away, with what was chosen in it.
    dialog.get_by_label("What do you need?").fill("customer")
    dialog.get_by_role("option", name="Customer data").click()
    expect(dialog).not_to_contain_text(older.id)
    dialog.get_by_label("What do you need?").fill("compute")
    dialog.get_by_role("option", name="Compute admin").click()
    dialog.get_by_label(f"Replace it: {older.id}").check()
    dialog.get_by_label("Why do you need it?").fill("INC-1 shorter")
    dialog.get_by_role("button", name="Send request").click()
    expect(dialog).to_have_count(0)

    (new,) = office.service.store.pending(limit=10)
    assert new.terms.justification.text == "INC-1 shorter"
    assert office.request(older.id).state == "withdrawn"


def test_a_newcomer_asks_is_approved_and_ends_the_access(page: Page) -> None:
    act_as(page, "Alice Archer")
    type_command(page, "/jit")
    fill_in(page, why="INC-1234 disk is full", duration="soon")
    dialog = page.get_by_role("dialog", name="Request access")
    expect(dialog.get_by_role("alert")).to_contain_text("soon")
    dialog.get_by_label("For how long?").fill("45m")
    dialog.get_by_role("button", name="Send request").click()
    expect(dialog).to_have_count(0)
    expect(messages(page)).to_contain_text("Needs an approval by sre or security, 0 of 1 done")
    expect(policies(page)).not_to_contain_text("user:alice@example.com")

    act_as(page, "Bob Baker")
    expect(messages(page)).to_contain_text("INC-1234 disk is full")
    press(page, "Approve")

    expect(policies(page)).to_contain_text("roles/compute.instanceAdmin.v1")
    expect(policies(page)).to_contain_text("user:alice@example.com")
    expect(policies(page)).to_contain_text(re.compile(r"in force for another 4[345] min"))
    expect(messages(page)).to_contain_text("Access is active")
    expect(messages(page)).to_contain_text("approved by bob@example.com")

    act_as(page, "Alice Archer")
    press(page, "End access")
    page.get_by_role("alertdialog").get_by_role("button", name="End it").click()
    expect(messages(page)).to_contain_text("Access has ended")
    expect(policies(page).get_by_role("listitem").filter(has_text="alice")).to_contain_text("removed")
    expect(messages(page)).to_contain_text("Approved by bob@example.com")
    expect(messages(page).get_by_role("button")).to_have_text(["Details"])


def test_a_denial_asks_for_a_reason_that_the_requester_reads(page: Page) -> None:
    type_command(page, "/jit request admin for 1h because INC-2 looking around")
    act_as(page, "Dan Diaz")
    press(page, "Deny")
    dialog = page.get_by_role("dialog", name="Deny request")
    expect(dialog).to_contain_text("INC-2 looking around")
    dialog.get_by_role("button", name="Deny", exact=True).click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Why do you deny this?").fill("Use Read logs for that.")
    dialog.get_by_role("button", name="Deny", exact=True).click()
    expect(messages(page)).to_contain_text("Denied")

    act_as(page, "Alice Archer")
    page.get_by_role("button", name="Countersign").click()
    own = page.get_by_role("log", name="Messages in Countersign")
    expect(own).to_contain_text("was denied by dan@example.com")
    expect(own).to_contain_text("Use Read logs for that.")


def test_a_signature_shows_the_facts_again_and_takes_a_printed_name(page: Page) -> None:
    type_command(page, "/jit request signed for 30m because CHG-42 release 7")
    act_as(page, "Bob Baker")
    press(page, "Approve")
    act_as(page, "Carol Chen")
    press(page, "Sign")
    dialog = page.get_by_role("dialog", name="Sign and approve")
    expect(dialog).to_contain_text("CHG-42 release 7")
    expect(dialog).to_contain_text("roles/run.developer")
    dialog.get_by_label("Your printed name").fill("Carol Chen")
    dialog.get_by_role("button", name="Sign", exact=True).click()

    expect(messages(page)).to_contain_text("Access is active")
    expect(messages(page)).to_contain_text("as “Carol Chen”")
    expect(policies(page).locator("code", has_text="roles/")).to_have_count(2)


def test_a_ticket_in_a_reason_leads_to_the_tracker_while_the_policy_says_so(page: Page, office: Running) -> None:
    use(office, POLICY + TICKETS)
    type_command(page, "/jit request signed for 1h because CHG-42 (INC-7) <https://evil.example|INC-8> INC-9x")
    act_as(page, "Bob Baker")
    press(page, "Approve")
    act_as(page, "Carol Chen")
    leading = ["https://tickets.example.com/?id=CHG-42", "https://tickets.example.com/?id=INC-7"]
    expect(messages(page)).to_contain_text("CHG-42 (INC-7) <https://evil.example|INC-8> INC-9x")
    assert tickets(messages(page)) == leading

    press(page, "Sign")
    dialog = page.get_by_role("dialog", name="Sign and approve")
    expect(dialog).to_contain_text("CHG-42 (INC-7) <https://evil.example|INC-8> INC-9x")
    assert tickets(dialog) == leading

    use(office, POLICY)
    dialog.get_by_role("button", name="Sign", exact=True).click()
    expect(messages(page)).to_contain_text("Access is active")
    expect(messages(page)).to_contain_text("CHG-42 (INC-7) <https://evil.example|INC-8> INC-9x")
    assert tickets(messages(page)) == []


def test_a_guest_is_refused_in_words_that_only_they_see(page: Page) -> None:
    type_command(page, "/jit request admin for 1h because INC-3")
    act_as(page, "Gwen Guest")
    press(page, "Approve")
    expect(messages(page)).to_contain_text("Only visible to you")
    expect(messages(page)).to_contain_text("Guests cannot decide here")
    type_command(page, "/jit")
    expect(page.get_by_role("dialog")).to_have_count(0)

    act_as(page, "Bob Baker")
    expect(messages(page)).to_contain_text("0 of 1 done")
    expect(messages(page)).not_to_contain_text("Guests cannot decide here")
    expect(policies(page)).not_to_contain_text("user:")


def test_the_requester_is_refused_on_their_own_card_and_withdraws_it(page: Page) -> None:
    type_command(page, "/jit request admin for 1h because INC-4")
    press(page, "Approve")
    expect(messages(page)).to_contain_text("You cannot decide on your own request.")

    page.get_by_role("button", name="Countersign").click()
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("log", name="Messages in Countersign")).to_contain_text(
        "Withdrawn by alice@example.com"
    )


def test_the_page_leaves_nothing_to_mentions_and_markup(page: Page) -> None:
    type_command(page, "/jit")
    fill_in(page, why="INC-5 <!channel> <https://evil.example|here> *bold* `code` <b>x</b>")
    act_as(page, "Bob Baker")
    expect(messages(page)).to_contain_text("INC-5 <!channel> <https://evil.example|here> *bold* `code` <b>x</b>")
    expect(messages(page).locator("a")).to_have_text(["Open the card"])
    expect(messages(page)).not_to_contain_text("@Gwen")
