"""An emergency as people meet it, in a browser: declared and reviewed on the card, and on the pages."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.handlers.web.test_in_browser import require_for_everybody, sign_in, visiting
from tests.journeys.test_break_glass import BOB, CAROL, GLASS
from tests.support.chromium import MARKS, act_as, browser, tab
from tests.support.running import Running, running

__all__ = ["browser"]
pytestmark = MARKS
LINE = "/jit break-glass glass for 30m because INC-1 the site is down"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=GLASS, iap_port=0) as office:
        yield office


def test_on_the_card(office: Running, browser: Browser) -> None:
    page = tab(browser, width=1380, height=900)
    page.goto(f"http://localhost:{office.box.port}/")
    act_as(page, "Alice Archer")
    message = page.get_by_label("Message #access")
    message.fill(LINE)
    message.press("Enter")
    dialog = page.get_by_role("dialog", name="Is this an emergency?")
    expect(dialog).to_contain_text("Nobody approves this.")
    expect(dialog).to_contain_text("INC-1 the site is down")
    dialog.get_by_role("button", name="Break the glass").click()
    log = page.get_by_role("log", name="Messages in access")
    expect(log).to_contain_text("Break-glass, not reviewed yet")
    # A card that is drawn anew under the pointer takes no click.
    expect(log).to_contain_text("not reviewed yet: access is active")

    act_as(page, "Carol Chen")
    _press(page, "Not justified")
    dialog = page.get_by_role("dialog", name="Review an emergency")
    dialog.get_by_label("Why was it not justified?").fill("Nothing was down")
    dialog.get_by_role("button", name="It was not justified").click()
    expect(log).to_contain_text("Break-glass, not justified")
    expect(log).to_contain_text("Nothing was down")
    page.close()


def _press(page: Page, name: str) -> None:
    page.get_by_role("log", name="Messages in access").get_by_role(
        "button", name=re.compile(f"^{name}")
    ).first.click()


@pytest.mark.long
def test_what_is_asked_twice_and_what_is_to_be_reviewed_everybody_can_read(
    office: Running, browser: Browser
) -> None:
    with visiting(browser, office, BOB, "/ask/glass", script=True) as page:
        page.get_by_label("For how long?").fill("30m")
        page.get_by_label("Why do you need it?").fill("INC-3 the site is down")
        page.get_by_role("button", name="Ask for it").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Is this an emergency?")
        require_for_everybody(page, "asked twice")
        page.get_by_role("button", name="Break the glass").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Break-glass, not reviewed yet")
        sign_in(page.context, office, CAROL)
        page.reload()
        expect(page.get_by_text("Justified…", exact=True)).to_be_visible()
        require_for_everybody(page, "to be reviewed")


def test_on_the_pages(office: Running, browser: Browser) -> None:
    with visiting(browser, office, BOB, "/ask/glass") as page:
        page.get_by_label("For how long?").fill("30m")
        page.get_by_label("Why do you need it?").fill("INC-2 the site is down")
        page.get_by_role("button", name="Ask for it").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Is this an emergency?")
        page.get_by_role("button", name="No, go back").click()
        expect(page.get_by_label("Why do you need it?")).to_have_value("INC-2 the site is down")
        page.get_by_role("button", name="Ask for it").click()
        page.get_by_role("button", name="Break the glass").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Break-glass, not reviewed yet")
        path = page.url.partition(str(office.box.iap.gate.url))[2] if office.box.iap is not None else ""

    with visiting(browser, office, CAROL, path) as page:
        page.get_by_text("Justified…", exact=True).click()
        page.get_by_label("Why was it justified?").fill("It was down")
        page.get_by_role("button", name="It was justified").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Break-glass, justified")
        expect(page.get_by_role("region", name="What happened")).to_contain_text("It was down")
