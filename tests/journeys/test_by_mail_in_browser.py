"""From the card that nobody answers to the access, in Debian's Chromium: by mail and its page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.chromium import MARKS, act_as, browser, page_of
from tests.support.running import Running, running

__all__ = ["browser"]
pytestmark = MARKS


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, iap_port=0, smtp_port=0) as made:
        yield made


@pytest.fixture
def page(office: Running, browser: Browser) -> Iterator[Page]:
    with page_of(browser, office.box, alone=True) as shown:
        yield shown


def opened(page: Page) -> Page:
    """The page that the link of the open mail leads to."""
    with page.context.expect_page() as other:
        page.frame_locator("iframe").get_by_role("link").first.click()
    return other.value


def test_a_mail_that_nobody_else_answered_leads_to_the_access(office: Running, page: Page) -> None:
    request_id = office.ask("alice", "admin", why="INC-7 disk full")
    office.ahead(minutes=10)
    page.get_by_role("tab", name="Mailbox").click()
    mail = page.get_by_role("button", name="to bob@example.com")
    expect(mail).to_contain_text(request_id)
    mail.click()

    # Alice has the mail before her, and may decide nothing by it.
    refused = opened(page)
    expect(refused.get_by_role("main")).to_be_visible()
    expect(refused.get_by_text("Signed in as alice@example.com")).to_be_visible()
    expect(refused.get_by_role("button", name="Approve")).to_have_count(0)
    refused.close()

    page.get_by_role("button", name="Act as Bob Baker").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("Links open as Bob Baker")
    review = opened(page)
    expect(review.get_by_text("Signed in as bob@example.com")).to_be_visible()
    expect(review.get_by_role("main")).to_contain_text("INC-7 disk full")
    review.get_by_role("button", name="Approve").click()
    expect(review.get_by_role("button", name="Approve")).to_have_count(0)
    office.granted(request_id)
    review.reload()
    expect(review.get_by_role("main")).to_contain_text(re.compile("is active"))
    review.close()

    page.get_by_role("tab", name="IAM policies").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("user:alice@example.com")
    expect(page.get_by_role("tabpanel")).to_contain_text("Approved by bob@example.com")
    page.get_by_role("button", name="access").first.click()
    expect(page.get_by_role("log")).to_contain_text("Access is active")


def test_another_person_in_the_same_browser_sends_no_form_of_the_first(office: Running, page: Page) -> None:
    request_id = office.ask("alice", "admin")
    office.ahead(minutes=10)
    page.get_by_role("tab", name="Mailbox").click()
    act_as(page, "Dan Diaz")
    page.get_by_role("button", name="to dan@example.com").click()
    review = opened(page)
    expect(review.get_by_text("Signed in as dan@example.com")).to_be_visible()
    act_as(page, "Bob Baker")
    expect(page.get_by_role("tabpanel")).to_contain_text("Links open as Bob Baker")
    other = opened(page)
    expect(other.get_by_text("Signed in as bob@example.com")).to_be_visible()

    # The cookie is Bob's by now, and the form before Dan is not.
    review.get_by_role("button", name="Approve").click()
    expect(review.get_by_role("main")).to_contain_text("nothing was changed")
    assert office.request(request_id).reviews == ()
    other.get_by_role("button", name="Approve").click()
    office.granted(request_id)
    assert [vote.person for vote in office.request(request_id).reviews] == ["bob@example.com"]
    review.close()
    other.close()
