"""The link scanner opens and sends all that it finds, and has nobody's session."""

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.app import Sandbox
from sandbox.scanner import Visit
from tests.sandbox.test_control import asked
from tests.sandbox.test_letters import send
from tests.support.servers import serve

FORM = '<form method="post" action="/sent"><button name="verdict" value="approve">Go</button></form>'


class Program:
    """A careless program: it decides whatever it is sent."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.sent: list[dict[str, list[str]]] = []
        everything = [Route("/{path:path}", self._answer, methods=["GET", "POST"])]
        self.app = Starlette(routes=everything)

    async def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            self.sent.append(parse_qs((await request.body()).decode()))
        else:
            self.opened.append(request.url.path)
        if request.url.path == "/moved":
            return RedirectResponse("/page")
        if request.url.path == "/circle":
            return RedirectResponse("/circle")
        return HTMLResponse(FORM if request.url.path == "/page" else "done")


@pytest.fixture
def program() -> Program:
    return Program()


@pytest.fixture
def box(program: Program) -> Iterator[Sandbox]:
    with serve(program.app) as url, Sandbox.start(smtp_port=0, iap_port=0) as running:
        assert running.iap
        running.iap.gate.upstream = url
        yield running


def pages(box: Sandbox) -> str:
    assert box.iap
    return box.iap.gate.url


def test_behind_the_proxy_it_reaches_nothing(box: Sandbox, program: Program) -> None:
    send(box, text=f"{pages(box)}/page")
    assert box.mailbox
    done = box.scanner.scan(box.mailbox.messages())
    assert done == [Visit(method="GET", url=f"{pages(box)}/page", status=302)]
    assert (program.opened, program.sent) == ([], [])


def test_without_a_proxy_it_opens_what_it_finds_and_sends_every_form(box: Sandbox, program: Program) -> None:
    assert box.iap
    url = box.iap.gate.upstream
    send(box, text=f"{url}/moved", html=f'<a href="{url}/other">x</a>')
    assert box.mailbox
    done = box.scanner.scan(box.mailbox.messages())
    assert [(one.method, one.url.removeprefix(url), one.status) for one in done] == [
        ("GET", "/moved", 307),
        ("GET", "/page", 200),
        ("POST", "/sent", 200),
        ("GET", "/other", 200),
    ]
    assert program.sent == [{"verdict": ["approve"]}]


def test_it_goes_in_no_circle_and_nowhere_else(box: Sandbox, program: Program) -> None:
    assert box.iap
    send(box, text=f"{box.iap.gate.upstream}/circle https://elsewhere.example/ http://127.0.0.1:9/")
    assert box.mailbox
    done = box.scanner.scan(box.mailbox.messages())
    assert len(program.opened) == 5
    assert [one.status for one in done][-2:] == [0, 0]


def test_it_scans_what_arrives_while_it_is_on(box: Sandbox) -> None:
    send(box, text=f"{pages(box)}/before")
    assert asked(box, "POST", "/sandbox/scanner", {"on": True})[1] == {"on": True, "visits": []}
    send(box, text=f"{pages(box)}/while")
    box.slack.wait(box.scanner.visits)
    told = asked(box, "POST", "/sandbox/scanner", {"on": False})[1]
    assert (told["on"], [one["url"] for one in told["visits"]]) == (False, [f"{pages(box)}/while"])
    assert asked(box, "GET", "/sandbox/mail")[1]["scanner"] == told


@pytest.mark.parametrize("order", [{}, [], "on"])
def test_an_unusable_order_is_refused(box: Sandbox, order: object) -> None:
    assert asked(box, "POST", "/sandbox/scanner", order)[0] == 400
