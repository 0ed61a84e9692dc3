"""What changes in the page in Debian's Chromium is in sight, and is told once to those who listen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from slack_sdk import WebClient

from sandbox.app import Sandbox
from tests.sandbox.slack.blocks import Json, section
from tests.support.chromium import MARKS, browser, page_of

__all__ = ["browser"]
pytestmark = MARKS

PROD = "projects/shop-prod"


@pytest.fixture
def page(box: Sandbox, browser: Browser) -> Iterator[Page]:
    with page_of(browser, box, width=1400, height=900) as shown:
        yield shown


def bind(box: Sandbox, number: int = 1, *, resource: str = PROD) -> None:
    until = f'request.time < timestamp("{2100 + number}-01-01T00:00:00Z")'
    condition = {"title": f"grant {number}", "expression": until}
    binding = {"role": "roles/logging.viewer", "members": ["user:alice@example.com"], "condition": condition}
    box.google.edit(resource, lambda policy: policy["bindings"].append(binding))


def test_the_newest_binding_stands_first_and_in_sight(box: Sandbox, page: Page) -> None:
    expect(page.get_by_role("article").first).to_contain_text("organizations/")
    bound = page.locator(".binding")
    for number in range(1, 7):
        bind(box, number)
        expect(bound).to_have_count(number)
    bind(box, 7, resource="projects/shop-data")

    expect(page.get_by_role("article").first).to_contain_text("projects/shop-data")
    expect(bound.first).to_contain_text("grant 7")
    expect(bound.first).to_be_in_viewport(ratio=1)
    expect(bound.nth(1)).to_contain_text("grant 6")


def test_a_listener_hears_that_a_binding_came_and_went_but_no_countdown(box: Sandbox, page: Page) -> None:
    heard = page.locator("#panel [aria-live]")
    bind(box)
    expect(heard).to_have_text(f"New binding on {PROD}: roles/logging.viewer for user:alice@example.com")
    expect(page.locator(".binding .left")).to_contain_text("in force for another")
    expect(page.locator("#panel [aria-live] .left")).to_have_count(0)

    box.google.edit(PROD, lambda policy: policy["bindings"].clear())
    expect(heard).to_have_text(f"Removed binding on {PROD}: roles/logging.viewer for user:alice@example.com")


@pytest.mark.parametrize("width", [1400, 1000, 390])
def test_a_time_in_a_condition_stays_on_one_line(box: Sandbox, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    bind(box)

    expect(page.locator(".binding pre")).to_have_text('request.time < timestamp("2101-01-01T00:00:00Z")')
    rows = page.locator(".binding .time").evaluate("time => time.getClientRects().length")
    assert rows == 1
    assert page.locator(".binding pre").evaluate("pre => pre.scrollWidth <= pre.clientWidth")


def test_messages_are_items_of_a_list_within_the_log(client: WebClient, page: Page) -> None:
    client.chat_postMessage(channel="C0ACCESS", text="hello")

    expect(page.get_by_role("log").get_by_role("list").get_by_role("listitem")).to_have_count(1)


def lines(count: int) -> list[Json]:
    return [section(f"line {number} of {count}") for number in range(1, count + 1)]


def card(client: WebClient, page: Page) -> tuple[str, Locator]:
    """A last message below many others: its time and its place."""
    for number in range(15):
        client.chat_postMessage(channel="C0ACCESS", text=f"before {number}")
    ts = client.chat_postMessage(channel="C0ACCESS", text="card", blocks=lines(2))["ts"]
    last = page.get_by_role("log").get_by_text("line 2 of 2")
    expect(last).to_be_in_viewport()
    return ts, last


def test_a_card_that_grows_stays_in_sight(client: WebClient, page: Page) -> None:
    ts, _ = card(client, page)
    client.chat_update(channel="C0ACCESS", ts=ts, text="card", blocks=lines(9))

    expect(page.get_by_role("log").get_by_text("line 9 of 9")).to_be_in_viewport(ratio=1)


def test_who_reads_further_up_is_left_there(client: WebClient, page: Page) -> None:
    ts, last = card(client, page)
    page.get_by_text("before 0", exact=True).scroll_into_view_if_needed()
    expect(last).not_to_be_in_viewport()
    client.chat_update(channel="C0ACCESS", ts=ts, text="card", blocks=lines(9))

    grown = page.get_by_role("log").get_by_text("line 9 of 9")
    expect(grown).to_be_attached()
    expect(grown).not_to_be_in_viewport()
    expect(page.get_by_text("before 0", exact=True)).to_be_in_viewport()
