"""The page in Debian's Chromium: what a newcomer does, and what typed text must not do."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.app import Sandbox
from tests.sandbox.slack.blocks import actions, button, field, modal, option, plain, section, select, text_input
from tests.support.chromium import MARKS, act_as, browser, tab

__all__ = ["browser"]
pytestmark = MARKS


@pytest.fixture
def page(box: Sandbox, browser: Browser) -> Iterator[Page]:
    opened = tab(browser)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.goto(f"http://localhost:{box.port}/")
    yield opened
    opened.close()
    assert complaints == []


def test_a_newcomer_asks_and_another_person_decides(box: Sandbox, app: App, client: WebClient, page: Page) -> None:
    form = modal(field(select()), field(text_input("why", multiline=True)))

    @app.command("/jit")
    def opened(ack: Any, body: dict[str, Any]) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=form)
        ack()

    @app.options("what")
    def offered(ack: Any, payload: dict[str, Any]) -> None:
        ack(options=[option(one) for one in ("read logs", "administer") if payload["value"] in one])

    @app.view("form")
    def filed(ack: Any, view: dict[str, Any]) -> None:
        why = view["state"]["values"]["why"]["why"]["value"]
        if len(why) < 5:
            ack(response_action="errors", errors={"why": "Say more."})
            return
        card = [section(f"*Request*: {why}"), actions(button(value="1", style="primary"))]
        client.chat_postMessage(channel="C0ACCESS", text="card", blocks=card)
        ack()

    @app.action("approve")
    def approved(ack: Any, body: dict[str, Any]) -> None:
        done = [{"type": "header", "text": plain(f"Approved by {body['user']['name']}")}]
        client.chat_update(channel="C0ACCESS", ts=body["message"]["ts"], text="done", blocks=done)
        ack()

    page.get_by_role("button", name="Try /jit").click()
    dialog = page.get_by_role("dialog", name="Form")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("logs")
    expect(dialog.get_by_role("option")).to_have_text(["read logs"])
    page.keyboard.press("Enter")
    dialog.get_by_role("textbox").fill("INC")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert")).to_have_text("Say more.")
    dialog.get_by_role("textbox").fill("INC-42")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog).to_have_count(0)
    act_as(page, "Bob Baker")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("Approved by bob")


def test_text_shows_as_slack_shows_it(box: Sandbox, client: WebClient, page: Page) -> None:
    typed = "5 &lt; 6 &amp;amp; &lt;!channel&gt; <script>alert(1)</script> [x](https://evil.example) snake_case"
    quoted = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "*a* <b>c</b> &lt;"}]}
    blocks = [
        section(f"*bold* <@U0BOB> {typed} https://plain.example"),
        {"type": "header", "text": plain("*not bold* <@U0BOB>")},
        {"type": "rich_text", "elements": [quoted]},
    ]
    client.chat_postMessage(channel="C0ACCESS", text="x", blocks=blocks)

    log = page.get_by_role("log")
    expect(log).to_contain_text("bold @Bob Baker 5 < 6 &amp; <!channel> <script>alert(1)</script>")
    expect(log).to_contain_text("[x](https://evil.example) snake_case https://plain.example")
    expect(log).to_contain_text("*not bold* <@U0BOB>")
    expect(log).to_contain_text("*a* <b>c</b> &lt;")
    expect(log.locator("strong")).to_have_text(["bold"])
    expect(log.locator("a, script, .slack_broadcast")).to_have_count(0)


def test_only_the_person_it_is_meant_for_sees_an_ephemeral_message(
    box: Sandbox, client: WebClient, page: Page
) -> None:
    client.chat_postEphemeral(channel="C0ACCESS", user="U0BOB", text="psst")

    act_as(page, "Bob Baker")
    expect(page.get_by_role("log")).to_contain_text("Only visible to you")
    act_as(page, "Alice Archer")
    expect(page.get_by_role("log")).not_to_contain_text("psst")


def test_a_binding_that_appears_and_goes_is_marked_in_words(box: Sandbox, page: Page) -> None:
    binding = {"role": "roles/viewer", "members": ["user:alice@example.com"]}
    panel = page.get_by_role("region", name="IAM policies")
    expect(panel).to_contain_text("projects/shop-prod")

    box.google.edit("projects/shop-prod", lambda policy: policy["bindings"].append(binding))
    expect(panel.locator(".binding")).to_have_text("roles/viewernewuser:alice@example.com")
    box.google.edit("projects/shop-prod", lambda policy: policy["bindings"].clear())
    expect(panel.locator(".binding")).to_contain_text("removed")


def test_an_app_that_does_not_answer_is_named(box: Sandbox, client: WebClient, page: Page) -> None:
    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=[actions(button())])

    page.get_by_role("button", name="Approve", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("Countersign cannot be reached.")


def test_the_page_needs_nothing_from_elsewhere(box: Sandbox, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.get_by_role("heading", name="access")).to_be_visible()

    assert asked
    assert all(url.startswith((f"http://localhost:{box.port}/", "data:")) for url in asked)
