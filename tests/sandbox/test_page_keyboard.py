"""The page by keyboard alone in Debian's Chromium: the focus is always somewhere that a person left it."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.app import Sandbox
from tests.sandbox.slack.blocks import actions, button, field, modal, plain, text_input
from tests.support.chromium import MARKS, browser, page_of, tab

__all__ = ["browser"]
pytestmark = MARKS


@pytest.fixture
def page(box: Sandbox, browser: Browser) -> Iterator[Page]:
    with page_of(browser, box) as shown:
        yield shown


def opens_a_form(app: App, client: WebClient) -> None:
    """The command and the card's button both open a form, which files anything."""

    def opened(ack: Any, body: dict[str, Any]) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal(field(text_input())))
        ack()

    app.command("/jit")(opened)
    app.action("approve")(opened)
    app.view("form")(lambda ack: ack())


def test_the_line_has_the_focus_after_send(page: Page) -> None:
    page.get_by_label("Message #access").fill("hello")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.get_by_role("log")).to_contain_text("hello")
    expect(page.get_by_label("Message #access")).to_be_focused()


@pytest.mark.parametrize("leave", ["Escape", "Enter"])
def test_the_line_has_the_focus_again_after_a_form(app: App, client: WebClient, page: Page, leave: str) -> None:
    opens_a_form(app, client)
    page.get_by_role("button", name="Try /jit").click()
    dialog = page.get_by_role("dialog", name="Form")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("INC-42")
    page.keyboard.press(leave)

    expect(dialog).to_have_count(0)
    expect(page.get_by_label("Message #access")).to_be_focused()


def test_the_focus_stays_at_the_message_whose_button_was_pressed(app: App, client: WebClient, page: Page) -> None:
    @app.action("approve")
    def approved(ack: Any, body: dict[str, Any]) -> None:
        done = [{"type": "header", "text": plain("Approved")}]
        client.chat_update(channel="C0ACCESS", ts=body["message"]["ts"], text="done", blocks=done)
        ack()

    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=[actions(button())])
    page.get_by_role("button", name="Approve", exact=True).press("Enter")

    expect(page.get_by_role("log")).to_contain_text("Approved")
    expect(page.get_by_role("log").get_by_role("listitem")).to_be_focused()


def test_the_message_has_the_focus_again_after_the_form_that_its_button_opened(
    app: App, client: WebClient, page: Page
) -> None:
    opens_a_form(app, client)
    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=[actions(button())])
    page.get_by_role("button", name="Approve", exact=True).press("Enter")
    dialog = page.get_by_role("dialog", name="Form")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(page.get_by_role("log").get_by_role("listitem")).to_be_focused()


def test_a_form_that_failed_can_still_be_left_by_escape(
    box: Sandbox, app: App, client: WebClient, page: Page
) -> None:
    opens_a_form(app, client)
    page.get_by_role("button", name="Try /jit").click()
    dialog = page.get_by_role("dialog", name="Form")
    dialog.get_by_role("textbox").fill("INC-42")
    box.bot_url = ""
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert")).to_contain_text("cannot be reached")
    page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)


def test_the_mailbox_is_a_tab_that_counts_its_mail_and_arrows_lead_to_it(browser: Browser) -> None:
    with Sandbox.start(smtp_port=0) as box:
        page = tab(browser)
        page.goto(f"http://localhost:{box.port}/")
        tabs = page.get_by_role("tab")
        expect(tabs).to_have_text(["IAM policies", "Mailbox"])
        tabs.last.click()
        expect(page.get_by_role("tabpanel", name="Mailbox")).to_contain_text("No mail yet")

        assert box.mailbox
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "jit@example.com", "bob@example.com", "A request"
        with smtplib.SMTP("127.0.0.1", box.mailbox.port, timeout=10) as post:
            post.send_message(message)
        expect(tabs).to_have_text(["IAM policies", "Mailbox (1)"])

        tabs.first.click()
        page.keyboard.press("ArrowRight")
        expect(tabs.last).to_be_focused()
        expect(page.get_by_role("tabpanel", name="Mailbox, 1 mail")).to_contain_text("A request")
        page.keyboard.press("ArrowRight")
        expect(tabs.first).to_be_focused()
        expect(page.get_by_role("region", name="IAM policies")).to_be_visible()
        page.close()
