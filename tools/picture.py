"""Make docs/images/workspace.png: the demo's own page, as two people have used it.

Needs Debian's chromium and fonts-noto-color-emoji.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from demo.running import Running, started  # noqa: E402 - the checkout is not installed where this runs
from demo.stage import Stage  # noqa: E402

PICTURE = ROOT / "docs" / "images" / "workspace.png"
_FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def main() -> None:
    """Play a request to its grant, then a second one that waits, and take the picture as Bob."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as file, started(port=0, state=Path(folder), log=file.fileno()) as (running, _):
            _play(running)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
                _take(browser.new_page(viewport={"width": 1380, "height": 900}), running.page)
                browser.close()


def _play(running: Running) -> None:
    stage = Stage(running.page.replace("localhost", "127.0.0.1"), say=lambda _: None)
    stage.command("alice", "/jit request customer-data on shop-data for 30m because INC-1234 order 7 is stuck")
    stage.card("bob", "INC-1234")
    stage.press("bob", "approve")
    stage.press("carol", "approve")
    stage.until("active", lambda: "active" in stage.card("bob", "INC-1234").lower())
    stage.command("alice", "/jit request compute-admin-prod on shop-prod for 1h because INC-1234 disk is full")
    stage.card("bob", "disk is full")
    stage.until("the buttons are there", lambda: stage.offers("bob", "approve"))


def _take(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_text("Bob Baker").first.click()
    page.get_by_role("button", name="Approve").last.wait_for()
    page.wait_for_timeout(500)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURE)


if __name__ == "__main__":
    main()
