"""Letters about an agent's calls: none to whom a call is for, who has it in the chat; only to who decides."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.policy.model import Action, Requirement, Stage
from approvals.policy.reminding import EmailRule
from approvals.ports.messages import ChannelError
from approvals.requests import Request
from approvals.uses.votes import Shown
from tests.support.agents import DELETE, Assistant
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World

ALWAYS = EmailRule(after=timedelta(0), copy=True)
STAGES = Requirement(kind="stages", stages=(Stage(approvers=(f"user:{BOB}",)),))
BY_HER = {"asserted": {"email": ALICE}}


def action(requirement: Requirement) -> Action:
    return msgspec.structs.replace(DELETE, requirement=requirement, email=ALWAYS)


@pytest.fixture
def world(tmp_path: Path, wire: Wire) -> Iterator[World]:
    with closing(World(tmp_path, granter=wire)) as made:
        made.open_(mail=True)
        yield made


@pytest.fixture
def assistant(world: World) -> Iterator[Assistant]:
    with closing(Assistant(world, action=action(Requirement(kind="self")), may_assert=True)) as made:
        yield made


def asked(assistant: Assistant, **changes: Any) -> Request:
    return assistant.read(str(assistant.asks(**changes).json["id"]))


def confirmed(assistant: Assistant, request: Request) -> None:
    world, shown = assistant.world, Shown(request=request.id, revision=request.revision, digest=request.digest)
    world.uses.confirming.confirm(world.identity(ALICE), shown, now=world.clock())


def messages(assistant: Assistant, request: Request) -> list[str]:
    return sorted(message.notice.key for message in assistant.world.room.of(request.id))


@pytest.mark.parametrize("person", [None, BY_HER])
@pytest.mark.parametrize("chat", ["stands", "refuses"])
def test_who_alone_approves_a_call_of_theirs_gets_no_mail_and_nobody_else_does(
    assistant: Assistant, chat: str, person: dict[str, Any] | None
) -> None:
    world = assistant.world
    world.room.faults = [ChannelError("there is no such channel")] * 3 if chat == "refuses" else []
    request = asked(assistant, **({"on_behalf_of": person} if person else {}))
    world.passes(1200)
    assert world.postman.letters == []

    confirmed(assistant, assistant.read(request.id))
    world.passes(120)

    assert assistant.read(request.id).state == "approved"
    assert world.postman.letters == []


def test_it_stands_with_them_in_the_chat_and_with_nobody_else(assistant: Assistant) -> None:
    request = asked(assistant)
    assistant.world.passes(60)

    assert messages(assistant, request) == ["status"]
    assert str(assistant.world.room.only(request.id, "status").notice.to) == ALICE


def test_approvers_get_their_mail_once_the_named_person_has_confirmed_and_that_person_only_the_copy(
    assistant: Assistant,
) -> None:
    world = assistant.world
    assistant.put(action(STAGES), may_assert=True)
    request = asked(assistant, on_behalf_of=BY_HER)
    world.passes(1200)
    assert world.postman.letters == []

    confirmed(assistant, request)
    world.passes(60)

    assert (world.postman.sent(), world.postman.sent("copy")) == ([BOB], [ALICE])
    assert len(world.postman.letters) == 2
