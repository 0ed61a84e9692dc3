"""What the page in Debian's Chromium shows changes while somebody acts: no act is lost, and none is another's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.app import Sandbox
from tests.sandbox.slack.blocks import Json, actions, button, field, modal, option, section, select, text_input
from tests.support.chromium import MARKS, browser, page_of

__all__ = ["browser"]
pytestmark = MARKS

LONG = 30.0


@pytest.fixture
def page(box: Sandbox, browser: Browser) -> Iterator[Page]:
    with page_of(browser, box) as shown:
        yield shown


class Chooser:
    """An app whose form says more once something is chosen, when the test lets it; it refuses what is sent."""

    def __init__(self, app: App, client: WebClient) -> None:
        self.client = client
        self.told, self.may = threading.Event(), threading.Event()
        self.sent: list[str] = []
        app.command("/jit")(self._opened)
        app.options("what")(self._offered)
        app.action("what")(self._chosen)
        app.view("form")(self._filed)

    def form(self, *more: Json) -> Json:
        return modal(field(select(), dispatch_action=True), *more, field(text_input()))

    def _opened(self, ack: Any, body: dict[str, Any]) -> None:
        self.client.views_open(trigger_id=body["trigger_id"], view=self.form())
        ack()

    def _offered(self, ack: Any) -> None:
        ack(options=[option("logs"), option("admin")])

    def _chosen(self, ack: Any, body: dict[str, Any]) -> None:
        ack()
        self.view = body["view"]["id"]
        self.told.set()

    def say_more(self) -> None:
        """Show the form anew, with lines above its end."""
        assert self.told.wait(LONG)
        lines = [section(f"known of logs, {number}") for number in range(6)]
        self.client.views_update(view_id=self.view, view=self.form(*lines))

    def _filed(self, ack: Any, view: dict[str, Any]) -> None:
        self.sent.append(view["state"]["values"]["why"]["why"]["value"])
        ack(response_action="errors", errors={"why": "Say more."})


def filled_in(page: Page) -> None:
    page.get_by_role("button", name="Try /jit").click()
    dialog = page.get_by_role("dialog", name="Form")
    dialog.get_by_role("combobox").fill("logs")
    dialog.get_by_role("option", name="logs").click()
    dialog.get_by_role("textbox").fill("INC")


@contextmanager
def pressed(page: Page, button: Locator, *, meanwhile: str) -> Iterator[None]:
    """Hold a button down while something changes, until the page has read the change and would have drawn it."""
    place = button.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.down()
    with page.expect_response(lambda seen: "/sandbox/state" in seen.url and meanwhile in seen.text()):
        yield
    page.wait_for_timeout(300)
    page.mouse.up()


def test_what_a_form_learns_of_a_choice_takes_no_refusal_away(app: App, client: WebClient, page: Page) -> None:
    chooser = Chooser(app, client)
    filled_in(page)
    dialog = page.get_by_role("dialog", name="Form")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert")).to_have_text("Say more.")
    chooser.say_more()

    expect(dialog).to_contain_text("known of logs, 5")
    expect(dialog.get_by_role("alert")).to_have_text("Say more.")


def test_a_choice_of_something_else_takes_the_refusals_of_before_away(
    app: App, client: WebClient, page: Page
) -> None:
    Chooser(app, client)
    filled_in(page)
    dialog = page.get_by_role("dialog", name="Form")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert")).to_have_text("Say more.")
    dialog.get_by_role("combobox").fill("admin")
    dialog.get_by_role("option", name="admin").click()

    expect(dialog.get_by_role("alert")).to_have_count(0)


def test_a_form_that_grows_under_a_press_hears_of_the_press(app: App, client: WebClient, page: Page) -> None:
    chooser = Chooser(app, client)
    filled_in(page)
    dialog = page.get_by_role("dialog", name="Form")
    with pressed(page, dialog.get_by_role("button", name="Send"), meanwhile="known of logs, 5"):
        chooser.say_more()

    expect(dialog.get_by_role("alert")).to_have_text("Say more.")
    assert chooser.sent == ["INC"]
    expect(dialog).to_contain_text("known of logs, 5")


def test_a_card_that_is_drawn_anew_under_a_press_hears_of_the_press(
    app: App, client: WebClient, page: Page
) -> None:
    heard: list[str] = []

    @app.action("approve")
    def approved(ack: Any, body: dict[str, Any]) -> None:
        heard.append(body["user"]["name"])
        ack()

    ts = client.chat_postMessage(channel="C0ACCESS", text="card", blocks=[actions(button())])["ts"]
    with pressed(page, page.get_by_role("button", name="Approve"), meanwhile="1 of 2 done"):
        drawn = [section("1 of 2 done"), actions(button())]
        client.chat_update(channel="C0ACCESS", ts=ts, text="card", blocks=drawn)

    expect(page.get_by_role("log")).to_contain_text("1 of 2 done")
    expect(page.get_by_role("button", name="Approve")).to_be_enabled()
    assert heard == ["alice"]


def test_a_press_is_nobodys_until_the_messages_are_those_of_who_acts_now(
    app: App, client: WebClient, page: Page
) -> None:
    heard: list[str] = []

    @app.action("approve")
    def approved(ack: Any, body: dict[str, Any]) -> None:
        heard.append(body["user"]["name"])
        ack()

    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=[actions(button())])
    approve = page.get_by_role("button", name="Approve")
    expect(approve).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/sandbox/state?as=U0BOB", hold, times=1)
    with page.expect_request("**/sandbox/state?as=U0BOB"):
        page.get_by_role("button", name="Bob Baker").click()
    approve.click(force=True)
    page.wait_for_timeout(100)
    held[0].continue_()

    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    approve.click()
    expect(approve).to_be_enabled()
    assert heard == ["bob"]


def test_what_stays_as_it_is_is_not_drawn_anew(client: WebClient, page: Page) -> None:
    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=[section("first"), actions(button())])
    approve = page.get_by_role("button", name="Approve")
    approve.focus()
    page.evaluate("""() => {
        window.gone = [];
        const note = (changes) => changes.forEach(({ removedNodes, target }) => removedNodes.forEach((node) =>
            window.gone.push(`${node.outerHTML ?? node.nodeValue} of ${target.outerHTML.slice(0, 120)}`)));
        new MutationObserver(note).observe(document.querySelector("ol"), { childList: true, subtree: true });
    }""")
    client.chat_postMessage(channel="C0ACCESS", text="second")
    client.chat_postMessage(channel="C0ACCESS", text="third")

    expect(page.get_by_role("log")).to_contain_text("third")
    expect(approve).to_be_focused()
    assert page.evaluate("window.gone") == []
