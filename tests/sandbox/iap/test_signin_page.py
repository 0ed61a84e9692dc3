"""The sign-in page in Debian's Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.iap.conftest import Proxied
from tests.support.chromium import MARKS, browser, tab

__all__ = ["browser"]
pytestmark = MARKS


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = tab(browser, width=375, height=700)
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield opened
    opened.close()
    assert complaints == []


def test_somebody_chooses_who_they_are_by_keyboard_and_signs_out(proxied: Proxied, page: Page) -> None:
    page.goto(f"{proxied.gate.url}/mine?a=1")
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Bob Baker")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{proxied.gate.url}/mine?a=1")
    expect(page.locator("body")).to_contain_text("accounts.google.com:bob@example.com")
    page.goto(f"{proxied.gate.url}/mine?gcp-iap-mode=CLEAR_LOGIN_COOKIE")
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()


def test_somebody_else_has_the_address_organization_and_levels_that_are_typed(
    proxied: Proxied, page: Page
) -> None:
    page.goto(f"{proxied.gate.url}/")
    page.get_by_text("Somebody else").click()
    page.get_by_label("Address").fill("alice@example.com")
    page.get_by_label("Access levels").fill("accessPolicies/1/accessLevels/a, accessPolicies/1/accessLevels/b")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{proxied.gate.url}/")
    (account, _) = next(iter(proxied.gate.sessions._held.values()))
    assert (account.email, account.hd) == ("alice@example.com", "")
    assert account.access_levels == ("accessPolicies/1/accessLevels/a", "accessPolicies/1/accessLevels/b")
