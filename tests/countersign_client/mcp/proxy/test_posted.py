"""An upstream over HTTP, however it answers: it gets its own token alone, and counts as far as it is whole."""

import asyncio
import gzip
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from countersign_client.mcp.proxy import messages, posted
from countersign_client.mcp.proxy.errors import Answered, Lost, Unsent
from countersign_client.mcp.proxy.posted import Posted
from countersign_client.mcp.proxy.upstream import Upstream


class Odd(BaseHTTPRequestHandler):
    """An upstream of the sessions' generation that answers a method by its name."""

    seen: ClassVar[list[tuple[str, dict[str, str], Any]]] = []
    session: ClassVar[str] = "s-1"
    taken = threading.Event()
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        answers: dict[str, Callable[[int], None]] = {
            "server/discover": lambda _: self._send(400, "text/plain", b"what?"),
            "initialize": self._begin,
            "notifications/initialized": self._taken,
            "json": lambda number: self._send(200, "application/json", _result(number)),
            "events": self._events,
            "huge": lambda number: self._send(200, "application/json", _result(number, x="x" * 5_000_000)),
            "huge events": lambda _: self._send(200, "text/event-stream", b"data: " + b"x" * 5_000_000 + b"\n\n"),
            "double": lambda number: self._send(
                200, "application/json", b'{"id":%d,"result":{"a":1,"a":2}}' % number
            ),
            "double events": lambda number: self._send(
                200, "text/event-stream", b'data: {"id":%d,"result":{"a":1,"a":2}}\n\n' % number
            ),
            "another's": lambda number: self._send(200, "application/json", _result(number + 1)),
            "page": lambda _: self._send(200, "text/html", b"<p>hello"),
            "packed": lambda number: self._send(
                200, "application/json", gzip.compress(_result(number)), content_encoding="gzip"
            ),
            "packed twice": lambda number: self._send(
                200,
                "text/event-stream",
                gzip.compress(gzip.compress(b"data: %s\n\n" % _result(number))),
                content_encoding="gzip, gzip",
            ),
            "empty lines": lambda number: self._send(
                200, "text/event-stream", b"data:\n" * 2000 + b"data: %s\n\n" % _result(number)
            ),
            "drip": self._drip,
            "half": self._half,
            "elsewhere": lambda _: self._send(307, "", b"", location="/elsewhere"),
            "forgotten": lambda _: self._send(404, "", b""),
            "refused": lambda number: self._send(400, "application/json", _error(number)),
        }
        answers[body["method"]](body.get("id", 0))

    def do_DELETE(self) -> None:
        self.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, "DELETE"))
        self._send(200, "", b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _send(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _begin(self, number: int) -> None:
        told = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "odd", "version": "1"}}
        self._send(200, "application/json", _result(number, **told), mcp_session_id=self.session)

    def _taken(self, _: int) -> None:
        self.taken.wait(20)
        self._send(202, "", b"")

    def _events(self, number: int) -> None:
        told = {"method": "notifications/progress", "params": {"progressToken": number, "progress": 1}}
        asked = {"id": 7, "method": "sampling/createMessage"}
        said = "".join(f"event: message\r\ndata: {json.dumps(each)}\r\n\r\n" for each in (told, asked))
        answer = _result(number, a=1).decode().replace(",", ",\ndata: ")
        self._send(200, "text/event-stream", f": hello\n\n{said}data: {answer}\n\n".encode())

    def _drip(self, _: int) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        for _ in range(200):
            try:
                self.wfile.write(b": still here\n")
            except OSError:
                return
            time.sleep(0.02)

    def _half(self, number: int) -> None:
        self.send_response(200)
        for name, value in {"content-type": "application/json", "content-length": "1000"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(_result(number)[:20])
        self.close_connection = True


def _result(number: int, **result: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": result}).encode()


def _error(number: int) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "error": {"code": -32602, "message": "no"}}).encode()


@pytest.fixture
def address() -> Iterator[str]:
    Odd.seen.clear()
    Odd.session = "s-1"
    Odd.taken.set()
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/mcp"
        server.shutdown()


Does = Callable[[Upstream], Awaitable[None]]


def trying(address: str, does: Does, *, timeout: float = 20.0, token: str = "its own") -> None:
    async def main() -> None:
        async def connect() -> Posted:
            return Posted(address, lambda: token, lambda: None)

        upstream = Upstream(connect, timeout=timeout)
        try:
            await does(upstream)
        finally:
            await upstream.aclose()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("method", "why"),
    [
        ("huge", "more than 4 MiB"),
        ("huge events", "more than 4 MiB"),
        ("double", 'the member "a" stands twice'),
        ("double events", 'the member "a" stands twice'),
        ("another's", "ended its answer before it was whole"),
        ("page", "ended its answer before it was whole"),
        ("packed", "compressed"),
        ("packed twice", "compressed"),
        ("half", "broke off"),
        ("elsewhere", "HTTP status 307"),
        ("forgotten", "HTTP status 404"),
        ("drip", "did not answer within 0.5 seconds"),
    ],
)
def test_an_answer_that_is_not_whole_is_none_and_named(address: str, method: str, why: str) -> None:
    async def does(upstream: Upstream) -> None:
        with pytest.raises(Lost, match=why):
            await upstream.request(method, {}, capabilities={})
        assert await upstream.request("json", {}, capabilities={}) == {}

    trying(address, does, timeout=0.5 if method == "drip" else 20.0)

    assert "/elsewhere" not in {path for path, _, _ in Odd.seen}


def test_an_event_of_empty_lines_alone_is_too_long_as_well(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "LARGEST", 1000)

    async def does(upstream: Upstream) -> None:
        with pytest.raises(Lost, match="a message of more than"):
            await upstream.request("empty lines", {}, capabilities={})

    trying(address, does)


def test_a_session_whose_name_cannot_be_sent_is_none(address: str) -> None:
    Odd.session = "s\u00e9ance"

    async def does(upstream: Upstream) -> None:
        with pytest.raises(Unsent, match="names its session"):
            await upstream.request("json", {}, capabilities={})

    trying(address, does)


def test_a_session_that_is_never_quite_begun_is_none(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posted, "_CONNECTING", 0.3)
    Odd.taken.clear()

    async def does(upstream: Upstream) -> None:
        with pytest.raises(Unsent, match="did not take"):
            await upstream.request("json", {}, capabilities={})
        Odd.taken.set()

    trying(address, does)


def test_a_session_that_was_forgotten_is_begun_anew(address: str) -> None:
    async def does(upstream: Upstream) -> None:
        with pytest.raises(Lost):
            await upstream.request("forgotten", {}, capabilities={})
        await upstream.request("json", {}, capabilities={})

    trying(address, does)

    asked = [body if isinstance(body, str) else body["method"] for _, _, body in Odd.seen]
    assert asked.count("initialize") == 2
    assert asked[-1] == "DELETE"


def test_events_hold_an_answer_and_news_on_the_way_to_it(address: str) -> None:
    heard: list[object] = []

    async def told(params: Any) -> None:
        heard.append(params["progress"])

    async def does(upstream: Upstream) -> None:
        assert await upstream.request("events", {}, capabilities={}, told=told) == {"a": 1}

    trying(address, does)

    assert heard == [1]


@pytest.mark.parametrize("is_gone", [True, False])
def test_news_that_nobody_takes_keep_no_answer_up(address: str, *, is_gone: bool) -> None:
    """Whoever called may have left, and what runs has its answer for when they come back."""

    async def told(_: Any) -> None:
        if is_gone:
            raise RuntimeError("the stream is closed")
        await asyncio.Event().wait()

    async def does(upstream: Upstream) -> None:
        assert await upstream.request("events", {}, capabilities={}, told=told) == {"a": 1}

    trying(address, does)


def test_an_error_of_the_protocol_counts_whatever_its_status(address: str) -> None:
    async def does(upstream: Upstream) -> None:
        with pytest.raises(Answered, match="no"):
            await upstream.request("refused", {}, capabilities={})

    trying(address, does)


def test_the_upstream_gets_its_own_token_and_its_own_session(address: str) -> None:
    async def does(upstream: Upstream) -> None:
        await upstream.request("json", {}, capabilities={})

    trying(address, does)

    [headers] = [
        headers for _, headers, body in Odd.seen if not isinstance(body, str) and body["method"] == "json"
    ]
    assert headers["authorization"] == "Bearer its own"
    assert headers["mcp-session-id"] == "s-1"
    assert headers["mcp-protocol-version"] == "2025-06-18"


def test_where_nobody_listens_nothing_was_sent() -> None:
    async def does(upstream: Upstream) -> None:
        with pytest.raises(Unsent, match="cannot be reached"):
            await upstream.request("json", {}, capabilities={})

    trying("http://127.0.0.1:9/mcp", does)
