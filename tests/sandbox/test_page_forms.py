"""Forms in the page in Debian's Chromium: what a type-ahead shows, and what it must not cover."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.app import Sandbox
from tests.sandbox.slack.blocks import field, modal, option, select, text_input
from tests.support.chromium import MARKS, browser, page_of

__all__ = ["browser"]
pytestmark = MARKS

OFFERED = [option(f"role {number}") for number in range(1, 21)]


@pytest.fixture
def page(box: Sandbox, browser: Browser) -> Iterator[Page]:
    with page_of(browser, box) as shown:
        yield shown


def opened(app: App, client: WebClient, page: Page, **more: Any) -> Locator:
    """The form that the app opens for the command: a type-ahead and a line of text."""
    form = modal(field(select(**more)), field(text_input()))

    @app.command("/jit")
    def asked(ack: Any, body: dict[str, Any]) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=form)
        ack()

    @app.options("what")
    def offered(ack: Any, payload: dict[str, Any]) -> None:
        ack(options=[one for one in OFFERED if payload["value"] in one["value"]])

    page.get_by_role("button", name="Try /jit").click()
    dialog = page.get_by_role("dialog", name="Form")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    return dialog


def test_a_prefilled_type_ahead_shows_its_option_and_covers_nothing(
    app: App, client: WebClient, page: Page
) -> None:
    dialog = opened(app, client, page, initial_option=OFFERED[2])

    expect(dialog.get_by_role("combobox")).to_have_value("role 3")
    expect(dialog.get_by_role("listbox")).to_have_count(0)
    page.keyboard.type("role 7")
    expect(dialog.get_by_role("option")).to_have_text(["role 7"])
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("combobox")).to_have_value("role 3")


def test_an_empty_submit_shows_the_error_beneath_the_type_ahead(app: App, client: WebClient, page: Page) -> None:
    dialog = opened(app, client, page)
    dialog.get_by_role("button", name="Send").click()

    expect(dialog.get_by_role("alert").first).to_be_visible()
    expect(dialog.get_by_role("combobox")).to_be_focused()
    expect(dialog.get_by_role("listbox")).to_have_count(0)


def test_an_error_goes_as_soon_as_its_field_changes(app: App, client: WebClient, page: Page) -> None:
    dialog = opened(app, client, page)
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert")).to_have_count(2)
    what, why = dialog.get_by_role("combobox"), dialog.get_by_role("textbox")

    why.press_sequentially("I")
    expect(dialog.get_by_role("alert")).to_have_count(1)
    expect(why).to_have_attribute("aria-invalid", "false")
    expect(what).to_have_attribute("aria-invalid", "true")
    what.press_sequentially("r")
    expect(dialog.get_by_role("alert")).to_have_count(0)
    expect(what).to_have_attribute("aria-invalid", "false")


def test_the_error_of_a_type_ahead_goes_with_a_pick(app: App, client: WebClient, page: Page) -> None:
    dialog = opened(app, client, page)
    dialog.get_by_role("textbox").fill("INC-42")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert")).to_have_count(1)

    dialog.get_by_role("combobox").click()
    dialog.get_by_role("option", name="role 2", exact=True).click()
    expect(dialog.get_by_role("alert")).to_have_count(0)


def test_a_click_and_the_arrow_key_open_the_list(app: App, client: WebClient, page: Page) -> None:
    dialog = opened(app, client, page)
    dialog.get_by_role("combobox").click()
    expect(dialog.get_by_role("option")).to_have_count(20)
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("listbox")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("option")).to_have_count(20)


def test_the_highlight_stays_in_sight_on_its_way_down(app: App, client: WebClient, page: Page) -> None:
    dialog = opened(app, client, page)
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("option", selected=True)).to_have_text("role 1")
    for _ in range(11):
        page.keyboard.press("ArrowDown")

    highlight = dialog.get_by_role("option", selected=True)
    expect(highlight).to_have_text("role 12")
    expect(highlight).to_be_in_viewport(ratio=0.9)


def test_clearing_a_type_ahead_leaves_the_cursor_in_it(app: App, client: WebClient, page: Page) -> None:
    dialog = opened(app, client, page, initial_option=OFFERED[2])
    dialog.get_by_role("button", name="Clear").click()

    expect(dialog.get_by_role("combobox")).to_be_focused()
    expect(dialog.get_by_role("combobox")).to_have_value("")
