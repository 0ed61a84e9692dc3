"""Over HTTP nothing is kept for anybody: no session, no open stream, no message that never comes whole."""

import socket
from collections.abc import Iterator

import pytest

from countersign_client.mcp import http as ours
from countersign_client.mcp.gates import Gates
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.people import People, bearer
from countersign_client.mcp.server import server
from tests.countersign_client.mcp.desk import ALICE, Desk
from tests.countersign_client.mcp.test_http import ASK, PLACE, Front
from tests.support.servers import serve


@pytest.fixture
def front() -> Iterator[Front]:
    desk = Desk()
    people = People(desk, bearer)
    made = server(version="1", gates=Gates(desk), holding=Holding(desk), callers=people, secret=b"s" * 32)
    with serve(ours.application(made, people, PLACE), lifespan="on") as url:
        yield Front(url, desk)


def test_a_message_that_never_comes_whole_is_refused_in_time(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "ARRIVING", 0.3)
    lines = ["POST /mcp HTTP/1.1", "Host: localhost:80", f"Authorization: Bearer {ALICE}", "Content-Length: 99"]
    host, port = front.url.split("/")[2].split(":")

    with socket.create_connection((host, int(port)), timeout=20) as caller:
        caller.sendall("\r\n".join([*lines, "", "{"]).encode())
        said = b"".join(iter(lambda: caller.recv(4096), b""))

    assert said.startswith(b"HTTP/1.1 408 ")
    assert front.desk.requests == {}


def test_no_stream_is_opened_on_which_nothing_would_come(front: Front) -> None:
    headers = [("Authorization", f"Bearer {ALICE}"), ("Accept", "text/event-stream"), ("Mcp-Session-Id", "s-1")]

    said = [front.send(method, "/mcp", b"", headers) for method in ("GET", "DELETE", "PUT")]

    assert [(each.status, each.headers.get("allow")) for each in said] == [(405, "POST")] * 3


def test_nobody_is_given_a_session_and_one_that_somebody_names_is_none(front: Front) -> None:
    begins = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    initialize = {"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": begins}

    said = [front.post(initialize, MCP_Protocol_Version=None, Mcp_Session_Id=name) for name in (None, "guessed")]
    asked = front.post(ASK, Mcp_Session_Id="guessed")

    assert [(each.status, each.headers.get("mcp-session-id")) for each in [*said, asked]] == [(200, None)] * 3
