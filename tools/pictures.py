"""Make the pictures of docs/images: the demo's own pages, as people have used them, in light colours.

Needs Debian's chromium and fonts-noto-color-emoji. What a picture shows is played with the demo; only the times in
it differ from one making to the next.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from demo.running import Running, started  # noqa: E402 - the checkout is not installed where this runs
from demo.stage import Stage  # noqa: E402

IMAGES = ROOT / "docs" / "images"
_FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
_ACCESS, _HOME = "Messages in access", "Home of Countersign"


class Album:
    """Takes pictures of a running demo."""

    def __init__(self, running: Running, browser: Browser) -> None:
        self.running = running
        self.stage = Stage(running.page.replace("localhost", "127.0.0.1"), say=lambda _: None)
        self.page = browser.new_page(viewport={"width": 1240, "height": 640}, color_scheme="light")
        self.page.goto(running.page)

    def act_as(self, name: str) -> None:
        self.page.get_by_role("list", name="Act as").get_by_role("button", name=name).click()
        self.page.locator("[role=log][aria-busy=false]").wait_for()

    def message(self, text: str, button: str) -> Locator:
        """The last message that says so, once it has this button."""
        found = self.page.get_by_role("log", name=_ACCESS).get_by_role("listitem").filter(has_text=text).last
        found.get_by_role("button", name=button).first.wait_for()
        return found

    def take(self, name: str, of: Locator | Page) -> None:
        self.page.wait_for_timeout(500)
        of.screenshot(path=IMAGES / name)


def workspace(album: Album) -> None:
    """A request that was approved, and one that waits."""
    stage = album.stage
    stage.command("alice", "/jit request customer-data on shop-data for 30m because INC-1234 order 7 is stuck")
    stage.card("bob", "INC-1234")
    stage.press("bob", "approve")
    stage.press("carol", "approve")
    stage.until("active", lambda: "active" in stage.card("bob", "INC-1234").lower())
    stage.command("alice", "/jit request compute-admin-prod on shop-prod for 1h because INC-1234 disk is full")
    stage.card("bob", "disk is full")
    stage.until("the buttons are there", lambda: stage.offers("bob", "approve"))
    album.act_as("Bob Baker")
    album.message("disk is full", "Approve")
    album.page.set_viewport_size({"width": 1000, "height": 520})
    album.take("workspace.png", album.page)
    album.page.set_viewport_size({"width": 1240, "height": 640})


def card(album: Album) -> None:
    """What an approver decides on."""
    album.take("card.png", album.message("disk is full", "Approve"))


def offer(album: Album) -> None:
    """The form by which an approver offers less."""
    album.message("disk is full", "Approve").get_by_role("button", name="Offer less").click()
    dialog = album.page.get_by_role("dialog", name="Offer less")
    dialog.get_by_label("For how long at most?").fill("30m")
    dialog.get_by_label("Why less?").fill("Half an hour is enough for a disk.")
    album.take("offer.png", dialog)
    dialog.get_by_role("button", name="Cancel").click()


def home(album: Album) -> None:
    """The Home tab of an approver."""
    album.page.get_by_role("button", name="Countersign", exact=True).click()
    album.page.get_by_role("button", name="Home", exact=True).click()
    tab = album.page.get_by_label(_HOME)
    tab.get_by_role("button", name="Approve").first.wait_for()
    album.page.set_viewport_size({"width": 1240, "height": 900})
    album.take("home.png", album.page.locator("main"))
    album.page.set_viewport_size({"width": 1240, "height": 640})
    album.page.get_by_role("button", name="access", exact=True).click()


def extend(album: Album) -> None:
    """The form by which a holder asks for longer access."""
    album.act_as("Alice Archer")
    album.page.get_by_role("button", name="Countersign").last.click()
    album.page.get_by_role("button", name="Messages", exact=True).click()
    album.page.get_by_role("button", name="Extend").first.click()
    dialog = album.page.get_by_role("dialog", name="Extend access")
    dialog.get_by_label("Why do you still need it?").fill("INC-1234 the last orders are still stuck")
    album.take("extend.png", dialog)
    dialog.get_by_role("button", name="Cancel").click()


def emergency(album: Album) -> None:
    """The second confirmation of an emergency."""
    album.stage.command("alice", "/jit break-glass emergency-prod for 30m because INC-1300 the shop is down")
    dialog = album.page.get_by_role("dialog", name="Is this an emergency?")
    dialog.wait_for()
    album.take("break-glass.png", dialog)
    dialog.get_by_role("button", name="No, not now").click()


def page(album: Album) -> None:
    """The page of a request, as an approver has it."""
    album.page.set_viewport_size({"width": 820, "height": 900})
    album.page.goto(album.running.pages)
    album.page.get_by_text("bob@example.com").first.click()
    album.page.get_by_role("link", name="Compute admin").first.click()
    album.page.get_by_role("button", name="Approve").wait_for()
    album.take("page.png", album.page)


PICTURES: dict[str, Callable[[Album], None]] = {
    "workspace.png": workspace,
    "card.png": card,
    "offer.png": offer,
    "home.png": home,
    "extend.png": extend,
    "break-glass.png": emergency,
    "page.png": page,
}
"""What shows what, in the order in which the story goes on."""


def main() -> None:
    """Play the story, and take every picture of it."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with (
            log.open("wb") as file,
            started(port=0, state=Path(folder), log=file.fileno()) as (running, _),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
            album = Album(running, browser)
            for take in PICTURES.values():
                take(album)
            browser.close()


if __name__ == "__main__":
    main()
