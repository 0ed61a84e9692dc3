"""Debian's Chromium, for tests of pages: `pytestmark = MARKS`, and a conftest or module imports the fixture."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from sandbox.app import Sandbox

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-dev-shm-usage",  # where that is small, as in containers, a page dies of it
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is absent: apt-get install chromium"),
]
PATIENCE = 90_000
"""Milliseconds: how long a page takes says how busy the machine is."""
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE)
        yield started
        started.close()


def tab(browser: Browser, *, width: int = 1280, height: int = 800) -> Page:
    """An empty page of that size, in pixels, in a window that stays open: each new one costs half a second.

    It starts without cookies. What else a browser keeps belongs to an origin, and each sandbox is another.
    """
    window = browser.contexts[0] if browser.contexts else browser.new_context()
    if not window.pages:
        window.new_page()
    window.clear_cookies()
    page = window.new_page()
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": width, "height": height})
    return page


@contextmanager
def page_of(
    browser: Browser,
    box: Sandbox,
    *,
    width: int = 1280,
    height: int = 800,
    timezone: str | None = None,
    alone: bool = False,
) -> Iterator[Page]:
    """The sandbox's page in that size, in pixels. No script of it may fail meanwhile.

    `alone`: in a window of its own, for the test opens others beside it.
    """
    size: ViewportSize = {"width": width, "height": height}
    own = alone or timezone
    page = browser.new_page(viewport=size, timezone_id=timezone) if own else tab(browser, **size)
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://localhost:{box.port}/")
    expect(page.get_by_role("log")).to_be_attached()
    yield page
    page.close()
    assert complaints == []


def show_in(page: Page, scheme: Literal["light", "dark"]) -> None:
    """In these colours, drawn to the end: a script is told of the change before the next frame, not at once."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def brightness(page: Page) -> int:
    """How bright the page behind everything is: 0 is black, 255 white."""
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return max(map(int, re.findall(r"\d+", colour)[:3]))


def morning() -> str:
    """A time zone in which it is past ten in the morning: two digits of an hour, and no midnight near.

    What a card says of times is wider at some hours than at others, and wraps where the page measures it.
    """
    ahead = (10 - datetime.now(UTC).hour + 12) % 24 - 12
    # POSIX counts west of Greenwich: https://man7.org/linux/man-pages/man3/tzset.3.html
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def act_as(page: Page, name: str) -> None:
    """Become somebody, and wait until the messages are those that they see."""
    person = page.get_by_role("button", name=name)
    person.click()
    expect(person).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
