"""The client waits as long as it is told, goes over what a service is away for, and reads lists to their end."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from countersign_client import client as clients
from countersign_client import exchange
from countersign_client.client import Client
from countersign_client.errors import Unreachable
from demo.ports import free_port
from tests.support.said import Said, Token
from tests.support.servers import serve

JSON = {"content-type": "application/json"}
BUSY = (503, {"content-type": "application/problem+json", "retry-after": "0"}, {"code": "unavailable"})


@pytest.fixture(scope="module")
def server() -> Iterator[Said]:
    said = Said()
    with serve(said) as said.url:
        yield said


@pytest.fixture
def client(server: Said, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(exchange, "_PAUSES", (0.0,))
    monkeypatch.setattr(clients, "_SOON", 1)
    return Client(server.url, Token())


def told(state: str, access: str | None = None, *, version: int = 1) -> tuple[int, dict[str, str], dict[str, Any]]:
    shown = {"id": "r-1", "page": "https://h.example/request/r-1", "revision": 1, "digest": "sha256:0"}
    whole = shown | {"version": version, "state": state, "access": access, "title": "Admin", "new": [7]}
    return 200, JSON, whole | {"card": {"headline": "Needs approval", "added": True}}


@pytest.mark.parametrize("left_out", ["id", "digest", "card", "version"])
def test_an_answer_without_what_a_vote_needs_is_none(server: Said, client: Client, left_out: str) -> None:
    status, headers, body = told("pending")
    server.says((status, headers, {name: value for name, value in body.items() if name != left_out}))
    with pytest.raises(Unreachable, match="another form"):
        client.request("r-1")


@pytest.mark.parametrize("items", [None, {}, "x", [7], [["a"]]])
def test_a_list_that_is_none_is_refused(server: Said, client: Client, items: object) -> None:
    server.says((200, JSON, {"items": items, "next": None}))
    with pytest.raises(Unreachable, match="another form"):
        client.entitlements()


def test_a_list_is_read_to_its_end_and_no_further(server: Said, client: Client) -> None:
    pages: list[Any] = [
        {"items": [{"id": f"e{number}", "title": "x"}], "next": following}
        for number, following in enumerate(("a", "b", "b"))
    ]
    server.says(*((200, JSON, page) for page in pages))
    found = client.entitlements("lo gs")
    assert [(one.id, one.told) for one in found.items] == [
        (page["items"][0]["id"], page["items"][0]) for page in pages
    ]
    assert found.told == pages[-1]
    assert len(server.came) == 3


def test_who_waits_is_told_of_the_decision_and_of_the_access(server: Said, client: Client) -> None:
    server.says(
        told("pending"),
        told("pending", version=2),
        BUSY,
        BUSY,
        told("approved", "activating", version=3),
        told("approved", "active", version=3),
    )
    found = client.wait("r-1", timeout=60)
    assert (found.state, found.access, found.told["new"]) == ("approved", "active", [7])


@pytest.mark.parametrize("state", ["denied", "withdrawn", "expired"])
def test_who_waits_for_what_is_over_is_told_at_once(server: Said, client: Client, state: str) -> None:
    server.says(told("pending"), told(state))
    assert client.wait("r-1", timeout=60).state == state


def test_who_waits_in_vain_is_told_how_it_stands(server: Said, client: Client) -> None:
    server.says(told("pending"))
    assert client.wait("r-1", timeout=0.3).state == "pending"


def test_a_service_that_stays_away_ends_the_wait_in_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_GRACE", 0.1)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="no whole answer"):
        Client(f"http://127.0.0.1:{free_port()}", Token()).wait("r-1", timeout=0.3)
    assert time.monotonic() - began < exchange.TIMEOUT / 2
