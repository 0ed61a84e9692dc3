"""The page in Debian's Chromium while the sandbox or the app is away, and once it is back."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.app import Sandbox
from tests.sandbox.slack.blocks import actions, button, field, modal, text_input
from tests.support.chromium import MARKS, browser, page_of

__all__ = ["browser"]
pytestmark = MARKS

ACTS = "**/sandbox/act"
SILENCE = "The sandbox does not answer."


@pytest.fixture
def page(box: Sandbox, browser: Browser) -> Iterator[Page]:
    with page_of(browser, box) as shown:
        yield shown


def test_a_line_that_the_sandbox_did_not_take_comes_back_and_can_be_sent_again(page: Page) -> None:
    line = page.get_by_label("Message #access")
    page.route(ACTS, lambda route: route.abort())
    line.fill("hello")
    line.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(SILENCE)
    expect(line).to_have_value("hello")

    page.unroute(ACTS)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("hello")
    expect(line).to_have_value("")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_sandbox_that_stopped_is_named_beside_the_line_that_was_typed(box: Sandbox, page: Page) -> None:
    line = page.get_by_label("Message #access")
    line.fill("hello")
    box.stop()
    line.press("Enter")

    expect(page.get_by_role("alert").filter(has_text=SILENCE)).to_be_visible()
    expect(line).to_have_value("hello")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()


def test_a_form_and_a_button_that_the_sandbox_did_not_take_can_be_tried_again(
    app: App, client: WebClient, page: Page
) -> None:
    @app.action("approve")
    def asked(ack: Any, body: dict[str, Any]) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal(field(text_input())))
        ack()

    @app.view("form")
    def filed(ack: Any) -> None:
        ack()

    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=[actions(button())])
    approve = page.get_by_role("button", name="Approve", exact=True)
    expect(approve).to_be_visible()
    page.route(ACTS, lambda route: route.abort())
    approve.click()
    expect(page.get_by_role("log")).to_contain_text(SILENCE)
    page.unroute(ACTS)
    approve.click()

    dialog = page.get_by_role("dialog", name="Form")
    dialog.get_by_role("textbox").fill("INC-42")
    page.route(ACTS, lambda route: route.abort())
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert")).to_contain_text(SILENCE)
    expect(dialog.get_by_role("textbox")).to_have_value("INC-42")
    page.unroute(ACTS)
    dialog.get_by_role("button", name="Send").click()
    expect(dialog).to_have_count(0)


def test_that_the_app_cannot_be_reached_is_said_until_it_can_be(
    box: Sandbox, app: App, client: WebClient, page: Page
) -> None:
    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=[actions(button())])
    where, box.bot_url = box.bot_url, ""
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Countersign cannot be reached.")

    box.bot_url = where
    expect(page.get_by_role("alert")).to_have_count(0)
