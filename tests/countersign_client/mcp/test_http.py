"""`countersign mcp` over HTTP: who is let in, by whose token, with which message."""

import asyncio
import http.client
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from mcp.shared.exceptions import MCPError

from countersign_client.applications.answers import Behalf
from countersign_client.mcp import http as ours
from countersign_client.mcp.gates import Gates
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.people import People, bearer
from countersign_client.mcp.places import Place
from countersign_client.mcp.server import server
from tests.countersign_client.mcp.desk import ALICE, BOB, Desk
from tests.support.mcp_clients import GENERATIONS, MODERN, TASKS, Task, about_task, called, over_http
from tests.support.servers import serve

PLACE = Place(url="https://agents.example.com/mcp", issuer="https://login.example.com")
METADATA = "https://agents.example.com/.well-known/oauth-protected-resource/mcp"
WANTED: dict[str, Any] = {"server": "crm", "tool": "delete_account", "arguments": {"id": "4711"}}


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any


class Front:
    def __init__(self, url: str, desk: Desk) -> None:
        self.url, self.desk = f"{url}/mcp", desk
        self._host = url.removeprefix("http://")

    def send(
        self, method: str, path: str, body: bytes = b"", headers: list[tuple[str, str]] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=any(name == "Host" for name, _ in headers or []))
            for name, value in [*(headers or []), ("Content-Length", str(len(body)))]:
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            octets = answer.read()
            found = {name.lower(): value for name, value in answer.getheaders()}
            is_json = found.get("content-type", "").startswith("application/json")
            return Answer(answer.status, found, json.loads(octets) if is_json else octets.decode())
        finally:
            connection.close()

    def post(self, message: bytes | dict[str, Any], *, token: str = ALICE, **changes: str | None) -> Answer:
        """Send one message as a client of 2026-07-28, but for these headers; None leaves one out."""
        said = json.loads(message) if isinstance(message, bytes) else message
        good = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": MODERN,
            "Mcp-Method": str(said.get("method")),
            "Mcp-Name": str(said["params"].get("name") or said["params"].get("taskId")),
        }
        headers = good | {name.replace("_", "-"): value for name, value in changes.items()}
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return self.send("POST", "/mcp", body, [(name, value) for name, value in headers.items() if value])


def message(method: str, *, tasks: bool = False, **params: Any) -> dict[str, Any]:
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {"extensions": {TASKS: {}}} if tasks else {},
    }
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": {**params, "_meta": meta}}


ASK = message("tools/call", name="ask_approval", arguments=WANTED)


@pytest.fixture(scope="module")
def running() -> Iterator[Front]:
    desk = Desk()
    people = People(desk, bearer)
    made = server(version="1", gates=Gates(desk), holding=Holding(desk), callers=people, secret=b"s" * 32)
    with serve(ours.application(made, people, PLACE), lifespan="on") as url:
        yield Front(url, desk)


@pytest.fixture
def front(running: Front) -> Front:
    """The server, of which nobody has asked for anything yet."""
    running.desk.requests.clear()
    running.desk.uses.clear()
    return running


# --- who is not let in


def test_who_brings_no_token_is_told_where_to_get_one(front: Front) -> None:
    said = front.post(ASK, Authorization=None)

    assert said.status == 401
    assert said.headers["www-authenticate"] == f'Bearer resource_metadata="{METADATA}"'
    assert front.desk.requests == {}


@pytest.mark.parametrize(
    ("header", "code", "status", "error"),
    [
        ("Bearer nobody", "token", 401, "invalid_token"),
        ("Bearer nobody-new", "step_up", 401, "invalid_token"),
        ("Bearer ", "token", 401, "invalid_request"),
        (f"Basic {ALICE}", "token", 401, "invalid_request"),
        (f"Token {ALICE}", "token", 401, "invalid_request"),
        ("Bearer stranger", "token.unknown", 403, "access_denied"),
        ("Bearer our-key-is-old", "unauthorized", 503, "access_denied"),
        ("Bearer later", "down", 503, "temporarily_unavailable"),
    ],
)
def test_a_token_that_proves_nobody_lets_nobody_in(
    front: Front, header: str, code: str, status: int, error: str
) -> None:
    front.desk.strangers[header.partition(" ")[2]] = code

    said = front.post(ASK, Authorization=header)

    assert (said.status, said.body["error"]) == (status, error)
    assert (f'error="{error}"' in said.headers.get("www-authenticate", "")) == (status == 401)
    assert front.desk.requests == {}


def test_two_tokens_are_nobody_s(front: Front) -> None:
    headers = [("Authorization", f"Bearer {who}") for who in (ALICE, BOB)]

    said = front.send("POST", "/mcp", json.dumps(ASK).encode(), [*headers, ("Content-Type", "application/json")])

    assert (said.status, front.desk.requests) == (401, {})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "agents.example.com.evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_a_page_of_elsewhere_reaches_nothing(front: Front, headers: dict[str, str], status: int) -> None:
    assert front.post(ASK, **headers).status == status
    assert front.desk.requests == {}


@pytest.mark.parametrize("host", ["agents.example.com", "localhost:80"])
def test_the_address_and_loopback_are_answered(front: Front, host: str) -> None:
    assert front.post(ASK, Host=host, Origin="https://agents.example.com").status == 200


# --- messages that lie


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Mcp_Name": "use_approval"}, -32020),
        ({"Mcp_Name": None}, -32020),
        ({"Mcp_Method": "tools/list"}, -32020),
        ({"MCP_Protocol_Version": "2027-01-01"}, -32020),
    ],
)
def test_headers_that_say_something_else_are_refused(front: Front, changes: dict[str, Any], code: int) -> None:
    said = front.post(ASK, **changes)

    assert (said.status, said.body["error"]["code"]) == (400, code)
    assert front.desk.requests == {}


def test_a_header_that_names_another_task_is_refused(front: Front) -> None:
    front.post(ASK)
    (task,) = front.desk.requests

    asked = message("tasks/get", tasks=True, taskId=task)
    said = [front.post(asked, Mcp_Name=name) for name in (None, "r-9999999999", task)]

    assert [(each.status, each.body.get("error", {}).get("code")) for each in said] == [
        (400, -32020),
        (400, -32020),
        (200, None),
    ]


@pytest.mark.parametrize(
    ("twice", "said"),
    [
        (b'"arguments": {"id": "1"}, "arguments"', "arguments"),
        (b'"tool": "delete_all", "tool"', "tool"),
    ],
)
def test_a_member_that_stands_twice_is_refused_by_name(front: Front, twice: bytes, said: str) -> None:
    doubled = json.dumps(ASK).encode().replace(b'"' + said.encode() + b'"', twice, 1)

    found = front.post(doubled)

    assert (found.status, found.body["id"], found.body["error"]["code"]) == (400, 7, -32600)
    assert f"'{said}' stands twice" in found.body["error"]["message"]
    assert front.desk.requests == {}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"id": NaN}'])
def test_what_is_no_message_is_refused(front: Front, body: bytes) -> None:
    headers = [("Authorization", f"Bearer {ALICE}"), ("Content-Type", "application/json"), ("Accept", "*/*")]
    headers.append(("MCP-Protocol-Version", MODERN))
    assert front.send("POST", "/mcp", body, headers).status == 400


def test_what_is_larger_than_any_message_is_refused(front: Front) -> None:
    large = message("tools/call", name="ask_approval", arguments=WANTED | {"reason": "x" * ours.LARGEST})

    assert front.post(large).status == 413


# --- what is let in


def test_whose_tokens_it_takes_is_published(front: Front) -> None:
    said = front.send("GET", "/.well-known/oauth-protected-resource/mcp")

    assert (said.status, said.body) == (
        200,
        {
            "resource": "https://agents.example.com/mcp",
            "resource_name": "Countersign",
            "authorization_servers": ["https://login.example.com"],
            "bearer_methods_supported": ["header"],
        },
    )


@pytest.mark.parametrize("mode", GENERATIONS)
def test_each_person_asks_for_themselves_and_sees_their_own(front: Front, mode: str) -> None:
    async def asked(who: str, name: str, **arguments: Any) -> dict[str, Any]:
        async with over_http(front.url, who, mode) as client:
            found = await called(client, name, **arguments)
            return dict(found.structured_content)  # type: ignore[union-attr]

    first = asyncio.run(asked(ALICE, "ask_approval", **WANTED))
    other = asyncio.run(asked(BOB, "ask_approval", **WANTED))
    stolen = asyncio.run(asked(BOB, "use_approval", request=first["request"], **WANTED))
    again = asyncio.run(asked(ALICE, "ask_approval", **WANTED))

    assert first["request"] == again["request"] != other["request"]
    assert (stolen["outcome"], stolen["code"]) == ("refused", "not_found")
    said = {each.id: each.on_behalf_of for each in front.desk.requests.values()}
    assert [said[each["request"]] for each in (first, other)] == [Behalf(principal=who) for who in (ALICE, BOB)]


def test_a_task_is_one_person_s_over_http_too(front: Front) -> None:
    async def tasked() -> str:
        async with over_http(front.url, ALICE, tasks=True) as client:
            task = await called(client, "ask_approval", **WANTED)
            assert isinstance(task, Task)
            return task.task_id

    async def asked(who: str, task: str) -> dict[str, Any] | MCPError:
        async with over_http(front.url, who, tasks=True) as client:
            try:
                return await about_task(client, "tasks/get", task)
            except MCPError as error:
                return error

    task = asyncio.run(tasked())
    front.desk.decide("approved")
    done, refused = (asyncio.run(asked(who, task)) for who in (ALICE, BOB))

    assert task in front.desk.requests
    assert isinstance(done, dict)
    assert done["result"]["structuredContent"]["outcome"] == "approved"
    assert isinstance(refused, MCPError)
    assert refused.code == -32602
