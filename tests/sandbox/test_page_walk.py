"""The guided walk on the page: it stays whoever acts and wherever, and goes when it was done."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.app import Sandbox
from tests.sandbox.conftest import Clock
from tests.support.chromium import MARKS, browser, tab

__all__ = ["browser"]
pytestmark = MARKS
WALK = """\
- {who: U0ALICE, say: Ask for access., line: /jit now, until: 'asked as (?P<id>r-1)'}
- {who: U0BOB, say: "Find {id}.", until: 'found'}
- {who: U0ALICE, say: Verify it., code: "show {id}"}
"""


@pytest.fixture
def box(clock: Clock, tmp_path: Path) -> Iterator[Sandbox]:
    (tmp_path / "walk.yaml").write_text(WALK)
    with Sandbox.start(clock=clock, walk_file=tmp_path / "walk.yaml") as running:
        yield running


@pytest.fixture
def page(box: Sandbox, browser: Browser) -> Iterator[Page]:
    opened = tab(browser)
    opened.goto(f"http://localhost:{box.port}/")
    yield opened
    opened.close()


def test_the_walk_stays_until_it_is_done(box: Sandbox, app: App, client: WebClient, page: Page) -> None:
    @app.command("/jit")
    def asked(ack: Any) -> None:
        client.chat_postMessage(channel="C0ACCESS", text="asked as r-1")
        ack()

    walk = page.get_by_role("region", name="Guided walk")
    expect(walk).to_contain_text("Step 1 of 3 Ask for access.")
    expect(walk).to_contain_text("/jit now")
    expect(page.get_by_text("New here?")).to_have_count(0)
    walk.get_by_role("button", name="Send it for me").click()

    expect(walk).to_contain_text("Step 2 of 3 Find r-1.")
    page.reload()
    expect(walk).to_contain_text("Step 2 of 3")
    walk.get_by_role("button", name="Act as Bob Baker").click()
    expect(page.get_by_role("button", name="Bob Baker")).to_have_attribute("aria-pressed", "true")
    expect(walk).to_contain_text("Step 2 of 3")
    client.chat_postMessage(channel="C0ACCESS", text="found")

    expect(walk).to_contain_text("Step 3 of 3 Verify it.")
    expect(walk).to_contain_text("show r-1")
    walk.get_by_role("button", name="I have seen it").click()
    expect(walk).to_have_count(0)
