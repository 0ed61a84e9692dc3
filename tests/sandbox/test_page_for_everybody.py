"""The page for everybody: contrast and order by axe-core, both schemes, less motion, zoom, and what is asked."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.app import Sandbox
from tests.sandbox.conftest import Clock
from tests.sandbox.slack.blocks import Json, actions, button, field, modal, plain, section, select, text_input
from tests.support.axe import wrongs
from tests.support.chromium import MARKS, act_as, browser, page_of, show_in

__all__ = ["browser"]
pytestmark = MARKS

SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
HEADED = {"type": "header", "text": plain("Waiting for approval")}
QUOTED = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "Why", "style": {"bold": True}}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "INC-42 disk is full"}]},
    ],
}
SMALL = {"type": "context", "elements": [{"type": "mrkdwn", "text": "Request `r-1`, filed today"}]}
CARD: list[Json] = [
    HEADED,
    section("Role `roles/logging.viewer` for <@U0ALICE> and <https://example.com|a link>"),
    QUOTED,
    actions(button(style="primary"), button("deny", style="danger"), button("more")),
    SMALL,
]


@pytest.fixture
def box(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox.start(clock=clock, smtp_port=0) as running:
        yield running


@pytest.fixture
def page(box: Sandbox, browser: Browser) -> Iterator[Page]:
    with page_of(browser, box) as shown:
        yield shown


def post_mail(box: Sandbox, subject: str) -> None:
    assert box.mailbox
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "jit@example.com", "bob@example.com", subject
    message.set_content("See https://example.com/review")
    with smtplib.SMTP("127.0.0.1", box.mailbox.port, timeout=10) as post:
        post.send_message(message)


def wrongs_in_any_light(page: Page) -> list[str]:
    """What axe-core finds in both schemes; colours that still change to the other one are nobody's."""
    found = []
    for scheme in SCHEMES:
        show_in(page, scheme)
        found += [f"{scheme}: {wrong}" for wrong in wrongs(page)]
    return found


def test_everything_can_be_read_and_stands_in_order(box: Sandbox, app: App, client: WebClient, page: Page) -> None:
    @app.command("/jit")
    def asked(ack: Any, body: dict[str, Any]) -> None:
        ack(response_type="ephemeral", text="a", blocks=[section("Type `/jit help`"), *CARD[:3]])

    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=CARD)
    post_mail(box, "A request waits")
    line = page.get_by_label("Message #access")
    line.fill("/jit")
    line.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Only visible to you")
    assert wrongs_in_any_light(page) == []

    page.get_by_role("tab", name="Mailbox").click()
    page.get_by_role("tabpanel").get_by_role("button", name="A request waits").click()
    line.fill("/")
    assert wrongs_in_any_light(page) == []


def test_a_form_can_be_read(app: App, client: WebClient, page: Page) -> None:
    form = modal(
        section("*Read* `this`"), field(select()), field(text_input(multiline=True), hint=plain("A hint."))
    )

    @app.command("/jit")
    def asked(ack: Any, body: dict[str, Any]) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=form)
        ack()

    page.get_by_role("button", name="Try /jit").click()
    dialog = page.get_by_role("dialog", name="Form")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert").first).to_be_visible()
    assert wrongs_in_any_light(page) == []


def test_who_asks_for_the_dark_gets_it(page: Page) -> None:
    def light() -> list[float]:
        colours = page.eval_on_selector_all(
            "body, main, aside, .composer .line", "all => all.map(one => getComputedStyle(one).backgroundColor)"
        )
        seen = [colour for colour in colours if colour != "rgba(0, 0, 0, 0)"]
        return [sum(map(float, colour.strip("rgba()").split(",")[:3])) / 765 for colour in seen]

    show_in(page, "light")
    assert min(light()) > 0.9
    show_in(page, "dark")
    assert max(light()) < 0.25


def test_who_asks_for_less_motion_gets_none(client: WebClient, page: Page) -> None:
    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=CARD)
    moving = """() => [...document.querySelectorAll("*")].filter(one => {
        const { transitionDuration, animationDuration } = getComputedStyle(one);
        return [transitionDuration, animationDuration].join().split(",").some(time => parseFloat(time) > 0.01);
    }).map(one => one.outerHTML.slice(0, 80))"""
    expect(page.get_by_role("log")).to_contain_text("Waiting for approval")

    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == []


@pytest.mark.parametrize(("width", "height"), [(640, 400), (390, 844)])
def test_nothing_jumps_where_there_is_little_room(
    box: Sandbox, client: WebClient, browser: Browser, width: int, height: int
) -> None:
    """Chromium's own measure of what moves that nobody moved (web.dev/cls); what was pressed just now may move."""
    client.chat_postMessage(channel="C0ACCESS", text="earlier")
    with page_of(browser, box, width=width, height=height) as page:
        expect(page.get_by_role("log")).to_contain_text("earlier")
        page.evaluate("""() => {
            window.moved = [];
            const note = (list) => window.moved.push(...list.getEntries().flatMap((entry) => entry.sources
                // What scrolls in its own pane has its own test.
                .filter(({ node }) => node?.closest && !node.closest(".scroll"))
                .map(({ node }) => node.outerHTML.slice(0, 120))));
            new PerformanceObserver(note).observe({ type: "layout-shift", buffered: false });
        }""")
        home = client.conversations_open(users="U0ALICE")["channel"]["id"]
        for number in range(11):
            client.chat_postMessage(channel=home, text=f"to Alice {number}")
        client.chat_postMessage(channel="C0ACCESS", text="card", blocks=CARD)
        post_mail(box, "A request waits")
        expect(page.get_by_role("button", name="11 new")).to_be_attached()
        expect(page.get_by_role("tab", name="Mailbox")).to_contain_text("1")
        page.wait_for_timeout(300)
        assert page.evaluate("window.moved") == []


@pytest.mark.parametrize(("width", "height"), [(640, 400), (390, 844)])
def test_the_page_stays_where_it_is_when_one_becomes_somebody_else(
    box: Sandbox, browser: Browser, width: int, height: int
) -> None:
    with page_of(browser, box, width=width, height=height) as page:
        assert page.evaluate("window.scrollY") == 0
        for name in ("Bob Baker", "Carol Chen"):
            act_as(page, name)
        page.wait_for_timeout(300)
        assert page.evaluate("window.scrollY") == 0


def test_a_button_asks_in_the_apps_own_words_before_anything_is_sent(
    app: App, client: WebClient, page: Page
) -> None:
    pressed: list[str] = []

    @app.action("approve")
    def approved(ack: Any) -> None:
        pressed.append("approve")
        ack()

    asks = {
        "title": plain("End this access?"),
        "text": plain("It is removed at once."),
        "confirm": plain("End it"),
        "deny": plain("Keep it"),
        "style": "danger",
    }
    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=[actions(button(confirm=asks))])
    press = page.get_by_role("log").get_by_role("button", name="Approve")
    dialog = page.get_by_role("alertdialog", name="End this access?")

    press.click()
    expect(dialog).to_contain_text("It is removed at once.")
    assert wrongs(page) == []
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_have_count(0)
    expect(press).to_be_focused()

    press.click()
    dialog.press("Escape")
    expect(dialog).to_have_count(0)
    assert pressed == []

    press.click()
    dialog.get_by_role("button", name="End it").click()
    expect(dialog).to_have_count(0)
    expect(press).to_be_enabled()
    assert pressed == ["approve"]


def test_the_mailbox_says_when_mail_comes_and_forgets_what_was_seen(box: Sandbox, page: Page) -> None:
    expect(page.get_by_role("tab", name="Mailbox")).to_have_text("Mailbox")

    post_mail(box, "A request waits")
    expect(page.get_by_role("tab", name="Mailbox")).to_have_accessible_name("Mailbox, 1 mail, 1 new")
    expect(page.get_by_text("New mail for bob@example.com: A request waits")).to_be_attached()

    page.get_by_role("tab", name="Mailbox").click()
    expect(page.get_by_role("tab", name="Mailbox")).to_have_accessible_name("Mailbox, 1 mail")
