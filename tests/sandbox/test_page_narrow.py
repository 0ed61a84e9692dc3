"""The page in Debian's Chromium where there is little room: a telephone, and a screen zoomed to 200 %."""

import pytest
from playwright.sync_api import Browser, Locator, expect
from slack_sdk import WebClient

from sandbox.app import Sandbox
from tests.chromium import MARKS, browser
from tests.sandbox.slack.blocks import actions, button, section

__all__ = ["browser"]
pytestmark = MARKS


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
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"http://localhost:{box.port}/")
    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=card)
    page.get_by_role("button", name="Bob Baker").click()
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
