"""The Home tab and the shortcut of a message as people use them, in a browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.test_break_glass import GLASS
from tests.support.axe import wrongs
from tests.support.chromium import MARKS, act_as, browser, tab
from tests.support.running import Running, running

__all__ = ["browser"]
pytestmark = MARKS


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=GLASS) as office:
        yield office


@pytest.fixture
def page(office: Running, browser: Browser) -> Iterator[Page]:
    opened = tab(browser, width=1380, height=900)
    opened.goto(f"http://localhost:{office.box.port}/")
    yield opened
    opened.close()


def typed(page: Page, line: str) -> None:
    message = page.get_by_label("Message #access")
    message.fill(line)
    message.press("Enter")


def at_home(page: Page) -> Locator:
    page.get_by_role("list", name="Direct messages").get_by_role("button").click()
    page.get_by_role("navigation", name="App").get_by_role("button", name="Home").click()
    return page.get_by_label("Home of Countersign")


def test_what_waits_is_approved_at_home_and_refused_there_to_who_asked(page: Page) -> None:
    act_as(page, "Alice Archer")
    typed(page, "/jit request admin on shop-prod for 1h because INC-1 disk is full")
    expect(page.get_by_role("log")).to_contain_text("INC-1 disk is full")
    home = at_home(page)
    expect(home.get_by_role("button", name="Withdraw")).to_be_visible()
    expect(home.get_by_role("button", name="Approve")).to_have_count(0)

    act_as(page, "Bob Baker")
    home = at_home(page)
    expect(home).to_contain_text("INC-1 disk is full")
    assert wrongs(page, only=["wcag2a", "wcag2aa"]) == []
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    home.get_by_role("button", name=re.compile("^Approve request")).click()
    expect(home).to_contain_text("Nothing waits for your approval")
    page.set_viewport_size({"width": 1380, "height": 900})

    act_as(page, "Alice Archer")
    home = at_home(page)
    expect(home.get_by_role("heading", name="Your access")).to_be_visible()
    home.get_by_role("button", name=re.compile("^End access")).click()
    page.get_by_role("alertdialog").get_by_role("button", name="End it").click()
    home.get_by_role("button", name=re.compile("^Details")).first.click()
    dialog = page.get_by_role("dialog", name="Request")
    expect(dialog).to_contain_text("INC-1 disk is full")
    dialog.get_by_role("button", name="Close", exact=True).click()


def test_a_message_is_the_reason_of_a_request(page: Page) -> None:
    act_as(page, "Bob Baker")
    typed(page, "db-1 is full <b>")
    act_as(page, "Alice Archer")
    message = page.get_by_role("listitem").filter(has_text="db-1 is full <b>").last
    message.get_by_label("More actions").click()
    message.get_by_role("button", name="Ask for access").click()

    dialog = page.get_by_role("dialog", name="Request access")
    reason = dialog.get_by_label("Why do you need it?")
    expect(reason).to_have_value(
        re.compile(r"^db-1 is full <b>\nhttps://example-shop\.slack\.com/archives/C0ACCESS/p\d+$")
    )
    dialog.get_by_role("button", name="Cancel").click()


def test_who_goes_back_from_an_emergency_finds_what_they_typed(page: Page) -> None:
    act_as(page, "Alice Archer")
    typed(page, "/jit")
    dialog = page.get_by_role("dialog", name="Request access")
    dialog.get_by_role("combobox").fill("Break glass")
    dialog.get_by_role("option", name="Break glass on production").click()
    dialog.get_by_label("Why do you need it?").fill("INC-9 the site is down")
    dialog.get_by_role("button", name="Send request").click()
    page.get_by_role("dialog", name="Is this an emergency?").get_by_role("button", name="No, go back").click()

    expect(dialog.get_by_label("Why do you need it?")).to_have_value("INC-9 the site is down")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
