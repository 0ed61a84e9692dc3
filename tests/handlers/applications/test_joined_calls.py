"""A call of a tool that is asked for again finds the request that stands for it, whatever races."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from tests.handlers.applications.test_tool_calls import tool
from tests.support.agents import ARGUMENTS, Assistant
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World


@pytest.fixture
def assistant(tmp_path: Path, wire: Wire) -> Iterator[Assistant]:
    with closing(World(tmp_path, granter=wire)) as world, closing(Assistant(world)) as made:
        yield made
        assert list(Inspection(world.store).faults()) == []


def filed(assistant: Assistant) -> int:
    return len(assistant.get("/v1/requests").json["items"])


@pytest.mark.parametrize(
    "changes",
    [
        {"arguments": ARGUMENTS | {"amount": 251}},
        {"arguments": ARGUMENTS | {"more": None}},
        {"tool": tool(definition=f"sha256:{'e' * 64}")},
        {"tool": tool(name="delete_contact")},
        {"who": BOB},
        {"join": False},
    ],
)
def test_another_call_is_another_request(assistant: Assistant, changes: dict[str, Any]) -> None:
    first = assistant.asks().json["id"]

    assert assistant.asks(**changes).json["id"] != first
    assert assistant.asks().json["id"] == first


def test_a_repeat_finds_what_waits_and_what_is_approved_and_then_asks_anew(assistant: Assistant) -> None:
    asked = assistant.asks()
    first = asked.json["id"]
    assert (asked.status, asked.headers["location"]) == (201, f"/v1/requests/{first}")
    joined = assistant.asks(arguments=dict(reversed(ARGUMENTS.items())))
    assert (joined.status, joined.json["id"], "location" in joined.headers) == (200, first, False)
    assistant.decided(first)
    again = assistant.asks().json
    assert (again["id"], again["state"]) == (first, "approved")
    assert assistant.uses(first).status == 200

    second = assistant.asks().json["id"]

    assert second != first
    assert assistant.asks().json["id"] == second
    assert filed(assistant) == 2


def test_a_repeat_of_what_was_denied_is_denied_for_as_long_as_it_could_have_waited(assistant: Assistant) -> None:
    first = assistant.asks().json["id"]
    assistant.world.clock.advance(3 * 3600)
    assistant.decided(first, "deny")
    assistant.world.clock.advance(4 * 3600 - 1)

    again = assistant.asks().json
    assert (again["id"], again["state"], filed(assistant)) == (first, "denied", 1)
    assistant.world.clock.advance(2)

    anew = assistant.asks().json
    assert (anew["id"] != first, anew["state"]) == (True, "pending")
    assert assistant.asks().json["id"] == anew["id"]


@pytest.mark.parametrize("end", ["withdrawn", "expired", "lapsed", "restored"])
def test_what_is_over_in_another_way_is_asked_for_anew(assistant: Assistant, end: str) -> None:
    first = assistant.asks().json["id"]
    if end == "withdrawn":
        assistant.post(f"/v1/requests/{first}", {}, method="DELETE")
    elif end == "lapsed":
        assistant.decided(first)
        assistant.world.clock.advance(601)
    elif end == "restored":
        assistant.decided(first)
        installation = assistant.world.installation
        assistant.world.installation = msgspec.structs.replace(installation, generation="another")
    else:
        assistant.world.clock.advance(4 * 3600 + 1)  # and nobody has looked since

    second = assistant.asks().json

    assert (second["id"] != first, second["state"]) == (True, "pending")
    assert assistant.asks().json["id"] == second["id"]


def test_another_agent_finds_nothing_of_it(assistant: Assistant) -> None:
    first = assistant.asks().json["id"]

    assert assistant.get(f"/v1/requests/{first}", by=assistant.other).status == 404


@pytest.mark.parametrize("before", ["nothing", "used"])
def test_fifty_at_once_at_two_instances_are_one_request(assistant: Assistant, before: str) -> None:
    if before == "used":
        earlier = assistant.asks().json["id"]
        assistant.decided(earlier)
        assistant.uses(earlier)
    with closing(assistant.beside()) as other:
        instances = [assistant, other] * 25
        other.asks(arguments={"warm": True})  # keys of the issuer are known to both from here on
        assistant.asks(arguments={"warm": True})
        known = filed(assistant)

        with ThreadPoolExecutor(8) as pool:
            said = list(pool.map(lambda each: each.asks(), instances))

    assert {each.status for each in said} <= {200, 201, 409}
    assert [each.status for each in said].count(201) == 1
    assert len({each.json["id"] for each in said if each.status < 300}) == 1
    assert filed(assistant) == known + 1


def test_the_call_that_filed_it_is_answered_so_again_and_made_nothing_new(assistant: Assistant) -> None:
    person = {"token": assistant.staff.token(ALICE)}
    first, again = (assistant.asks(key="one", on_behalf_of=person) for _ in range(2))

    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert assistant.asks(key="two").status == 200


# --- an agent that does not stop asking


def test_an_agent_that_changes_one_argument_a_time_is_stopped(assistant: Assistant) -> None:
    limited(assistant, pending=3, per_hour=60)
    first = [assistant.asks(arguments=ARGUMENTS | {"amount": number}).json["id"] for number in range(3)]

    refused = assistant.asks(arguments=ARGUMENTS | {"amount": 3})
    again = assistant.asks(arguments=ARGUMENTS | {"amount": 0})

    assert (refused.status, refused.json["code"]) == (429, "limit.share.waiting")
    assert "3 requests waiting for one person" in refused.json["detail"]
    assert again.json["id"] == first[0]
    assert assistant.asks(arguments=ARGUMENTS | {"amount": 3}, who=BOB).status == 201
    assert filed(assistant) == 4


def test_an_agent_that_withdraws_and_asks_again_is_stopped(assistant: Assistant) -> None:
    limited(assistant, pending=20, per_hour=2)
    for _ in range(2):
        made = assistant.asks().json["id"]
        assert assistant.call("DELETE", f"/v1/requests/{made}", key=made).json["state"] == "withdrawn"

    refused = assistant.asks()

    assert (refused.status, refused.json["code"]) == (429, "limit.share.hour")
    assert 0 < int(refused.headers["retry-after"]) <= 3600


def limited(assistant: Assistant, *, pending: int, per_hour: int) -> None:
    """Let one person have so many requests."""
    rules = assistant.world.policy
    limits = msgspec.structs.replace(rules.limits, pending=pending, per_hour=per_hour)
    assistant.world.policy = msgspec.structs.replace(rules, limits=limits)
