"""The page in Debian's Chromium where there is little room: a telephone, and a screen zoomed to 200 %."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.app import Sandbox
from tests.sandbox.slack.blocks import Json, actions, button, field, modal, section, text_input
from tests.support.chromium import MARKS, act_as, browser, page_of, tab

__all__ = ["browser"]
pytestmark = MARKS


@pytest.fixture
def phone(box: Sandbox, browser: Browser) -> Iterator[Page]:
    with page_of(browser, box, width=390, height=844) as shown:
        yield shown


def box_of(shown: Locator) -> dict[str, float]:
    found = shown.bounding_box()
    assert found is not None
    return {side: found[side] for side in ("x", "y", "width", "height")}


@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 400), (900, 700)])
def test_the_panes_stand_below_each_other_and_nothing_hangs_over_the_side(
    box: Sandbox, client: WebClient, browser: Browser, width: int, height: int
) -> None:
    role = "`roles/a.role.with.a.very.long.name.that.does.not.fit.on.a.telephone`"
    card = [section(role), actions(button(), button("deny"))]
    page = tab(browser, width=width, height=height)
    page.goto(f"http://localhost:{box.port}/")
    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=card)
    act_as(page, "Bob Baker")
    line = page.get_by_label("Message #access")
    line.fill("hello")
    line.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("hello")

    people = box_of(page.get_by_role("navigation", name="Workspace"))
    messages, policies = box_of(page.get_by_role("main")), box_of(page.get_by_role("complementary"))
    assert [people["width"], messages["width"], policies["width"]] == [width] * 3
    assert people["y"] + people["height"] <= messages["y"]
    assert messages["y"] + messages["height"] <= policies["y"]
    assert box_of(page.get_by_role("log"))["height"] > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".scroll").evaluate("pane => pane.scrollWidth <= pane.clientWidth")
    page.close()


def fields(*texts: str) -> Json:
    return {"type": "section", "fields": [{"type": "mrkdwn", "text": text} for text in texts]}


def test_the_fields_of_a_form_stand_below_each_other_on_a_telephone_and_beside_each_other_elsewhere(
    app: App, client: WebClient, phone: Page
) -> None:
    long = "alice.with.a.very.long.name.that.does.not.fit.on.a.telephone@example.com"
    form = modal(fields(f"*Who*\n{long}", "*What*\nread logs"), field(text_input()))

    @app.command("/jit")
    def asked(ack: Any, body: dict[str, Any]) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=form)
        ack()

    phone.get_by_role("button", name="Try /jit").click()
    dialog = phone.get_by_role("dialog", name="Form")
    who, what = dialog.get_by_text("alice.with"), dialog.get_by_text("read logs")
    expect(who).to_be_visible()
    assert box_of(who)["x"] == box_of(what)["x"]
    assert box_of(who)["y"] + box_of(who)["height"] <= box_of(what)["y"]
    assert dialog.locator(".content").evaluate("pane => pane.scrollWidth <= pane.clientWidth")

    phone.set_viewport_size({"width": 1400, "height": 900})
    assert box_of(who)["x"] + box_of(who)["width"] < box_of(what)["x"]


def lines(word: str) -> list[Json]:
    return [section(f"{word}, line {number}") for number in range(30)]


def test_a_message_that_is_taller_than_the_pane_shows_from_its_top(client: WebClient, phone: Page) -> None:
    for number in range(15):
        client.chat_postMessage(channel="C0ACCESS", text=f"before {number}")
    ts = client.chat_postMessage(channel="C0ACCESS", text="card", blocks=lines("waiting"))["ts"]
    log = phone.get_by_role("log")
    expect(log.get_by_text("waiting, line 0", exact=True)).to_be_in_viewport(ratio=1)
    expect(log.get_by_text("Countersign").last).to_be_in_viewport(ratio=1)

    # As one who pressed a button further down: neither at the top nor at the end.
    log.get_by_text("waiting, line 25", exact=True).scroll_into_view_if_needed()
    expect(log.get_by_text("waiting, line 0", exact=True)).not_to_be_in_viewport()
    client.chat_update(channel="C0ACCESS", ts=ts, text="card", blocks=lines("active"))
    expect(log.get_by_text("active, line 0", exact=True)).to_be_in_viewport(ratio=1)

    # The card above it loses a line, and so moves what is below.
    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=lines("second"))
    expect(log.get_by_text("second, line 0", exact=True)).to_be_in_viewport(ratio=1)
    client.chat_update(channel="C0ACCESS", ts=ts, text="card", blocks=lines("ended")[1:])
    expect(log.get_by_text("ended, line 1", exact=True)).to_be_attached()
    expect(log.get_by_text("second, line 0", exact=True)).to_be_in_viewport(ratio=1)
    expect(log.get_by_text("ended, line 29", exact=True)).not_to_be_in_viewport()


def test_direct_messages_stand_in_line_with_their_label(phone: Page) -> None:
    label = box_of(phone.get_by_role("heading", name="Direct messages"))
    entry = box_of(phone.get_by_role("list", name="Direct messages").get_by_role("button"))

    assert entry["y"] <= label["y"] + label["height"] / 2 <= entry["y"] + entry["height"]
