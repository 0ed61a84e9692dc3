"""What other programs are told of an agent's calls: whose they are and which action, of a window, no argument."""

import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

from approvals.requests import Request
from approvals.telling.events import Event, event
from tests.support.agents import Assistant
from tests.support.tool_callers import AGENTS, Call, ToolCallers
from tests.support.world import ALICE, BOB, World

HIDDEN = {"tenant": "zebra", "options": {"quagga": True}}


@pytest.fixture
def agents(world: World) -> ToolCallers:
    return ToolCallers(world)


def told(world: World, request: Request) -> Mapping[str, Event]:
    """By its type, the last one where there are several."""
    record = world.read(request)
    found = [event(each, record) for each in world.store.entries(request.id)]
    return {each.type: each for each in found if each is not None}


def data(found: Mapping[str, Event], name: str) -> Mapping[str, Any]:
    return found[name].data


def test_no_argument_tool_or_digest_of_a_definition_leaves_by_any_event(world: World) -> None:
    with closing(Assistant(world)) as assistant:
        asked = assistant.read(assistant.asks(arguments=HIDDEN).json["id"])
        assistant.decided(asked.id)
        assert assistant.uses(asked.id, arguments=HIDDEN).status == 200
    found = told(world, asked)
    said = json.dumps([each.data for each in found.values()])

    assert {"request.filed", "request.approved", "request.used"} <= set(found)
    secret = ("tenant", "zebra", "quagga", "delete_account", "tool.", "arguments", "d" * 16)
    assert [each for each in secret if each in said] == []


@pytest.mark.parametrize("agent", AGENTS)
def test_every_event_says_which_agent_asks_for_whom_by_which_action(agents: ToolCallers, agent: str) -> None:
    call = Call(number=1, agent=agent)
    request = agents.ask(call)
    agents.approve(request, several=False)
    agents.use(request, call)
    found = told(agents.world, request)
    who = {(each.data["application"], each.data["requester"], each.data["action"]) for each in found.values()}

    assert who == {(agent, ALICE, f"{agent}-delete")}
    assert {"window", "within"} & {name for each in found.values() for name in each.data} == set()


def test_an_approval_of_several_calls_says_until_when_and_how_many(agents: ToolCallers) -> None:
    request = agents.ask(Call(number=1))
    agents.approve(request)
    approved = data(told(agents.world, request), "request.approved")
    window = agents.world.read(request).window

    assert window is not None
    assert approved["window"] == {"until": f"{window.until:%Y-%m-%dT%H:%M:%SZ}", "uses": 3}
    assert approved["by"] == [BOB]


def test_a_call_that_is_taken_names_its_window_in_each_event_and_the_window_names_it(agents: ToolCallers) -> None:
    opener = agents.ask(Call(number=1))
    agents.approve(opener)
    call = Call(number=2)
    taken = agents.ask(call)
    agents.use(taken, call)
    found = told(agents.world, taken)

    assert set(found) == {"request.filed", "request.approved", "request.used"}
    assert {each.data["within"] for each in found.values()} == {opener.id}
    approved = data(found, "request.approved")
    assert (approved["kind"], approved["by"], approved["requester"]) == ("window", [], ALICE)
    counted = data(told(agents.world, opener), "window.taken")
    assert (counted["number"], counted["request"]) == (2, taken.id)
    assert "within" not in counted
