"""The pages in a browser: for everybody, by keyboard alone, on a phone, in the dark, and without any script."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.handlers.web.conftest import ALICE, BOB, CAROL
from tests.support.axe import wrongs
from tests.support.chromium import MARKS, PATIENCE, brightness, browser, show_in
from tests.support.running import Running
from tests.support.visits import link

__all__ = ["browser"]
pytestmark = MARKS

GRANTED = re.compile("being set up|is active")
SIZES = [(375, 667), (1280, 800)]
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@contextmanager
def visiting(browser: Browser, office: Running, who: str, path: str, *, script: bool = False) -> Iterator[Page]:
    """A page in somebody's browser, which runs scripts only where a test needs one."""
    context = browser.new_context(java_script_enabled=script, bypass_csp=script)
    context.set_default_timeout(PATIENCE)
    sign_in(context, office, who)
    page = context.new_page()
    page.goto(address(office, path))
    yield page
    context.close()


def sign_in(context: BrowserContext, office: Running, who: str) -> None:
    assert office.box.iap is not None
    name, _, value = office.box.iap.gate.sign_in(who)["Cookie"].partition("=")
    context.add_cookies([{"name": name, "value": value, "url": office.box.iap.gate.url}])


def address(office: Running, path: str) -> str:
    assert office.box.iap is not None
    return office.box.iap.gate.url + path


def pages(office: Running) -> dict[str, tuple[str, str]]:
    """Who looks at what, each once: a page to approve, to sign, to wait at, one's own, and a refusal."""
    asked = office.ask("alice", "admin", why="INC-1 " + "disk is full and fills up again " * 8)
    signed = office.ask("alice", "signed", why="CHG-1 roll out")
    office.approve("bob", signed)
    return {
        "to approve": (BOB, link(office, asked)),
        "to sign": (CAROL, link(office, signed)),
        "voted": (BOB, link(office, signed)),
        "one's own": (ALICE, link(office, asked)),
        "nobody's": ("eve@example.com", link(office, asked)),
        "waiting": (BOB, "/"),
        "mine": (ALICE, "/"),
        "search": (ALICE, "/ask/?q=compute"),
        "ask": (ALICE, "/ask/signed"),
        "access of others, and its time line": (CAROL, f"/request/{_active(office)}"),
        "history": (CAROL, "/history"),
        "history that is refused": (CAROL, "/history?who=alice"),
    }


def _active(office: Running) -> str:
    asked = office.ask("dan", "narrow")
    office.approve("carol", asked)
    office.granted(asked)
    return asked


def require_for_everybody(page: Page, what: str) -> None:
    """All that is folded is open: axe finds nothing in any size and scheme, and nothing scrolls sideways."""
    for summary in page.locator("summary").all():
        summary.click()
    for (width, height), scheme in product(SIZES, SCHEMES):
        page.set_viewport_size({"width": width, "height": height})
        show_in(page, scheme)
        assert wrongs(page, only=RULES) == [], f"{what}, {width}, {scheme}"
        assert (brightness(page) < 64) == (scheme == "dark"), f"{what}, {scheme}"
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{what}, {width}"


@pytest.mark.long
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser: Browser, office: Running) -> None:
    with visiting(browser, office, BOB, "/", script=True) as page:
        for what, (who, path) in pages(office).items():
            sign_in(page.context, office, who)
            page.goto(address(office, path))
            require_for_everybody(page, what)


def test_on_paper_there_is_what_it_is_about_in_black_on_white_and_nothing_to_press(
    browser: Browser, office: Running
) -> None:
    with visiting(browser, office, BOB, link(office, office.ask("alice", "admin"))) as page:
        expect(page.get_by_role("button", name="Approve")).to_be_visible()
        assert brightness(page) == 255
        page.emulate_media(media="print", color_scheme="dark")
        expect(page.get_by_role("definition").filter(has_text="alice@example.com")).to_be_visible()
        expect(page.get_by_role("button", name="Approve")).to_be_hidden()
        expect(page.get_by_role("navigation")).to_be_hidden()
        assert brightness(page) == 255


def test_on_paper_stands_when_that_was_so_and_nothing_that_a_screen_alone_can_do(
    browser: Browser, office: Running
) -> None:
    asked = office.ask("alice", "admin")
    with visiting(browser, office, BOB, link(office, asked)) as page:
        page.emulate_media(media="print")
        stood = re.compile(r"This is how it stood \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, when")
        expect(page.get_by_text(stood)).to_be_visible()
        expect(page.get_by_text("Reload the page")).to_be_hidden()
        page.goto(address(office, "/history"))
        expect(page.get_by_role("list").first).to_be_visible()
        expect(page.get_by_role("heading", name="Export")).to_be_hidden()


def test_on_a_phone_what_follows_a_link_of_a_list_goes_on_in_the_link_s_last_line(
    browser: Browser, office: Running
) -> None:
    office.ask("alice", "admin")
    with visiting(browser, office, ALICE, "/history", script=True) as page:
        page.set_viewport_size({"width": 360, "height": 640})
        # A title so long that it needs several lines.
        lines, gap = page.evaluate(
            """() => {
              const link = document.querySelector('.list a');
              link.textContent = 'A title of many words '.repeat(8).trim();
              const rest = document.createRange();
              rest.setStart(link.nextSibling, 0); rest.setEnd(link.nextSibling, 1);
              const rows = [...link.getClientRects()];
              const middle = box => box.top + box.height / 2;
              return [rows.length, Math.abs(middle(rows.at(-1)) - middle(rest.getBoundingClientRect()))];
            }"""
        )

    assert lines > 1
    assert gap < 8


def test_by_keyboard_alone_somebody_approves_without_any_script(browser: Browser, office: Running) -> None:
    asked = office.ask("alice", "admin")
    with visiting(browser, office, BOB, link(office, asked)) as page:
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("summary", has_text="Add a comment")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Approve")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(GRANTED)
    assert office.request(asked).state == "approved"


def test_by_keyboard_alone_somebody_denies_and_says_why(browser: Browser, office: Running) -> None:
    asked = office.ask("alice", "admin")
    with visiting(browser, office, BOB, link(office, asked)) as page:
        page.locator("summary", has_text="Deny").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Why do you deny it?")).to_be_focused()
        page.keyboard.type("Not today.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Denied")
    assert office.request(asked).decision.comment.text == "Not today."  # type: ignore[union-attr]


def test_somebody_searches_and_asks(browser: Browser, office: Running) -> None:
    with visiting(browser, office, ALICE, "/") as page:
        page.get_by_role("link", name="Ask for access").click()
        page.get_by_label("What do you need?").fill("audit logs")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Audit logs").click()
        page.get_by_label("Why do you need it?").fill("INC-7 look")
        page.get_by_role("button", name="Ask for it").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Needs")
        asked = page.url.rpartition("/")[2]
    assert office.request(asked).terms.justification.text == "INC-7 look"


def test_by_keyboard_alone_somebody_filters_the_history_and_opens_a_time_line(
    browser: Browser, office: Running
) -> None:
    asked = office.ask("alice", "narrow")
    assert office.press("alice", "withdraw", asked).ok
    with visiting(browser, office, CAROL, "/") as page:
        page.get_by_role("link", name="History").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Who asked").focus()
        page.keyboard.type(ALICE)
        page.keyboard.press("Tab")
        page.keyboard.type("audit logs")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Entitlement")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.type("Withdrawn")
        page.keyboard.press("Enter")
        expect(page.get_by_label("How it stands")).to_have_value("withdrawn")
        page.locator(f"a[href='/request/{asked}']").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="What happened")).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text("alice@example.com asked for Audit logs")


def test_somebody_signs(browser: Browser, office: Running) -> None:
    asked = office.ask("alice", "signed", why="CHG-1 roll out")
    office.approve("bob", asked)
    with visiting(browser, office, CAROL, link(office, asked)) as page:
        page.get_by_label("Your printed name").fill("Carol Chen")
        page.get_by_role("button", name="Sign and approve").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(GRANTED)
    assert office.request(asked).state == "approved"


def test_a_frame_of_somebody_else_s_shows_nothing(browser: Browser, office: Running) -> None:
    asked = office.ask("alice", "admin")
    with visiting(browser, office, BOB, link(office, asked), script=False) as page:
        address = page.url
        page.set_content(f'<iframe src="{address}" title="bait"></iframe>')
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("button", name="Approve")).to_have_count(0)


def test_a_form_on_somebody_else_s_page_approves_nothing(browser: Browser, office: Running) -> None:
    """A browser says from where it sends: another origin's form carries the session, and is refused."""
    asked = office.ask("alice", "admin")
    with visiting(browser, office, BOB, link(office, asked)) as page:
        form = page.locator("form").first.evaluate("form => form.outerHTML")
        action = page.url
        page.goto(office.box.url)
        page.set_content(form.replace('action="/review', f'action="{action.partition("/review")[0]}/review'))
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("main")).to_contain_text("not sent from our own page")
    assert office.request(asked).reviews == ()
