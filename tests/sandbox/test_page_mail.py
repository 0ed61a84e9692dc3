"""The mailbox on the page: what a mail shows, what it may not do, and as whom its links open."""

from collections.abc import Iterator
from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.app import Sandbox
from tests.sandbox.test_letters import send
from tests.support.axe import wrongs
from tests.support.chromium import MARKS, act_as, browser, page_of, show_in
from tests.support.servers import serve

__all__ = ["browser"]
pytestmark = MARKS
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
HTML = """<!doctype html><html><head><title>x</title><style>body {{ color: light-dark(#111, #eee) }}</style></head>
<body><h1>Alice asks</h1><script>top.document.title = "taken"; document.body.append("ran")</script>
<a href="{url}/review/abc" style="font-weight: bold">Review the request</a></body></html>"""


async def _who(request: Request) -> Response:
    return PlainTextResponse(f"{request.headers['x-goog-authenticated-user-email']} at {request.url.path}")


@pytest.fixture
def box() -> Iterator[Sandbox]:
    program = Starlette(routes=[Route("/{path:path}", _who)])
    with serve(program) as url, Sandbox.start(smtp_port=0, iap_port=0) as running:
        assert running.iap
        running.iap.gate.upstream = url
        html = HTML.format(url=running.iap.gate.url)
        send(running, text=f"Alice asks. Review it: {running.iap.gate.url}/review/abc.", html=html)
        yield running


@pytest.fixture
def page(box: Sandbox, browser: Browser) -> Iterator[Page]:
    with page_of(browser, box, alone=True) as shown:
        shown.get_by_role("tab", name="Mailbox").click()
        shown.get_by_role("button", name="A request").click()
        yield shown


def opened(page: Page, link: Locator) -> str:
    """What the page says that a link opens in a window of its own."""
    with page.context.expect_page() as other:
        link.click()
    body = other.value.locator("body")
    expect(body).to_contain_text("at /")
    said = body.inner_text()
    other.value.close()
    return said


def test_a_mail_runs_nothing_and_takes_nothing_over(page: Page) -> None:
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Alice asks")).to_be_visible()
    expect(frame.locator("body")).not_to_contain_text("ran")
    expect(page).not_to_have_title("taken")
    assert frame.get_by_role("link").evaluate("link => getComputedStyle(link).fontWeight") == "700"


def test_a_link_opens_as_whom_one_acts(page: Page) -> None:
    link = page.frame_locator("iframe").get_by_role("link", name="Review the request")
    act_as(page, "Carol Chen")
    expect(page.get_by_role("tabpanel")).to_contain_text("Links open as Carol Chen")
    assert opened(page, link) == "accounts.google.com:carol@example.com at /review/abc"
    page.get_by_role("button", name="Act as Bob Baker").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("Links open as Bob Baker")
    expect(page.get_by_role("button", name="Act as Bob Baker")).to_have_count(0)
    assert opened(page, link) == "accounts.google.com:bob@example.com at /review/abc"


def test_the_text_and_the_headers_are_a_press_away(page: Page) -> None:
    page.get_by_role("button", name="Act as Bob Baker").click()
    page.get_by_role("button", name="As text").click()
    panel = page.get_by_role("tabpanel")
    expect(panel.locator("pre")).to_contain_text("Alice asks. Review it: http://localhost:")
    expect(panel.locator("pre")).to_contain_text("/review/abc.")
    assert opened(page, panel.locator("pre").get_by_role("link")).endswith("bob@example.com at /review/abc")
    page.get_by_role("button", name="Headers").click()
    expect(panel.locator("pre")).to_contain_text("From: jit@example.com")


def test_the_mail_filter_says_what_it_did(box: Sandbox, page: Page) -> None:
    box_ = page.get_by_role("checkbox", name="A mail filter opens every link")
    box_.click()
    expect(box_).to_be_checked()
    expect(page.get_by_role("status")).to_have_text("It has opened 0 links and sent 0 forms.")
    assert box.iap
    send(box, text=f"{box.iap.gate.url}/review/def")
    expect(page.get_by_role("status")).to_have_text("It has opened 1 link and sent 0 forms.")
    box_.click()
    expect(box_).not_to_be_checked()


def test_a_mail_can_be_read(box: Sandbox, page: Page) -> None:
    for width, scheme in product((375, 1280), SCHEMES):
        page.set_viewport_size({"width": width, "height": 800})
        show_in(page, scheme)
        assert wrongs(page) == [], f"{width}, {scheme}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
