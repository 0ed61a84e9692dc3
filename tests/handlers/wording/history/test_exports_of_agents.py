"""An agent's calls in the file of the history, as JSON Lines: whose, of which tool, from which window."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.ports.store import Stretch
from approvals.requests import Request
from approvals.texts import without_texts
from handlers.wording.history.exports import Form, written
from tests.support.agents import Assistant
from tests.support.builders import NOW
from tests.support.clouds import google_with
from tests.support.direct import direct_iam
from tests.support.tool_callers import Call, ToolCallers
from tests.support.world import ALICE, BOB, World

HIDDEN = {"tenant": "zebra", "options": {"quagga": True}}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closing(World(tmp_path, granter=direct_iam(google_with()))) as made:
        yield made


def text(request: Request, form: Form = "jsonl") -> str:
    return b"".join(written([Stretch(requests=(request,), damaged=())], form)).decode()


def row(request: Request) -> Mapping[str, Any]:
    found: Mapping[str, Any] = msgspec.json.decode(text(request))
    return found


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_no_argument_of_a_call_is_in_the_file_nor_a_digest(world: World, form: Form) -> None:
    with closing(Assistant(world)) as assistant:
        request = assistant.read(assistant.asks(arguments=HIDDEN).json["id"])
    said = text(request, form)

    assert "crm/delete_account" in said
    assert [each for each in ("tenant", "zebra", "quagga", "d" * 16, request.digest) if each in said] == []


def test_a_call_says_which_agent_made_it_for_whom_of_which_tool_and_who_approved(world: World) -> None:
    agents = ToolCallers(world)
    request = agents.ask(Call(number=1, agent="another", tool="delete_deal"))
    agents.approve(request)
    found = row(world.read(request))

    assert (found["application"], found["requester"]) == ("another", ALICE)
    assert (found["entitlement"], found["tool"]) == ("another-delete", "crm/delete_deal")
    assert (found["approved_by"], found["within"]) == ([BOB], "")


def test_a_call_that_was_taken_from_a_window_says_which_and_that_nobody_approved_it(world: World) -> None:
    agents = ToolCallers(world)
    opener = agents.ask(Call(number=1))
    agents.approve(opener)
    found = row(agents.ask(Call(number=2)))

    assert (found["within"], found["approved_by"], found["decided_by"]) == (opener.id, [], [])
    assert (found["state"], found["application"], found["requester"]) == ("approved", "assistant", ALICE)


def test_of_a_call_whose_texts_are_erased_the_tool_is_gone_and_its_window_stays(world: World) -> None:
    agents = ToolCallers(world)
    opener = agents.ask(Call(number=1))
    agents.approve(opener)
    taken = agents.ask(Call(number=2))
    found = row(msgspec.structs.replace(without_texts(taken), erased=NOW))

    assert (found["tool"], found["within"]) == ("", opener.id)
