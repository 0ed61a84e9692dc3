"""A call that ran though people denied it would be found, by the record, by what they or the agent were told."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from approvals.requests import Request
from chaos import calls, denials
from chaos.calls import Outcome, Ran
from chaos.deciders import accounts, is_theirs
from chaos.findings import Findings
from sandbox.slack.records import Message
from tests.support.clouds import cloud, wire
from tests.support.direct import Wire
from tests.support.tool_callers import Call, ToolCallers
from tests.support.world import World

__all__ = ["cloud", "wire"]

TOOL = "delete_account"
DENIED, APPROVED = Call(number=1), Call(number=2)


class Lived(NamedTuple):
    """A request that was denied, and one that was approved and used."""

    denied: Request
    approved: Request

    @property
    def all(self) -> Sequence[Request]:
        return (self.denied, self.approved)


@pytest.fixture
def lived(tmp_path: Path, wire: Wire) -> Lived:
    world = World(tmp_path, granter=wire)
    callers = ToolCallers(world)
    denied, approved = callers.ask(DENIED), callers.ask(APPROVED)
    callers.deny(denied)
    callers.approve(approved)
    callers.use(approved, APPROVED)
    return Lived(world.read(denied), world.read(approved))


def run(number: int, *, tool: str = TOOL, **more: object) -> Ran:
    return Ran(name=tool, arguments={"number": number, **more}, receipt="")


def untrue(lived: Lived, number: int, request: str, *, tool: str = TOOL) -> list[str]:
    """What is found where an agent was told that this call was denied, as this request."""
    outcome = Outcome(what=calls.named(tool, {"number": number}), told="denied", request=request)
    return list(denials.untrue([outcome], {each.id: each for each in lived.all}))


def test_a_denied_call_that_ran_is_found(lived: Lived) -> None:
    runs = [run(1), run(2)]

    assert list(denials.ran(runs, lived.all, denied=())) == [
        f'{TOOL} {{"number":1}} ran, and was denied as {lived.denied.id}'
    ]


def test_a_denied_call_that_never_ran_is_right_and_so_are_others(lived: Lived) -> None:
    runs = [run(2), run(3), run(1, tool="delete_everything"), run(1, all=True)]

    assert list(denials.ran(runs, lived.all, denied=())) == []


def test_a_call_that_ran_though_somebody_was_told_that_they_had_denied_it_is_found() -> None:
    """Whatever became of the record: they have it from the service that their denial counts."""
    runs = [Ran(name="clear", arguments={"account": f"P-{number}"}, receipt="") for number in range(2)]

    assert len(list(denials.ran(runs, [], denied={"P-1"}))) == 1
    assert list(denials.ran(runs, [], denied={"P-2", "P-10"})) == []


def test_an_agent_is_told_of_a_denial_that_is_on_record_for_its_call(lived: Lived) -> None:
    assert untrue(lived, 1, lived.denied.id) == []
    assert untrue(lived, 2, lived.approved.id)
    assert untrue(lived, 1, "r-0000000000")
    assert untrue(lived, 2, lived.denied.id)
    assert untrue(lived, 1, lived.denied.id, tool="delete_everything")
    assert list(denials.untrue([Outcome(what="x", told="not")], {})) == []


def test_a_denied_call_that_ran_makes_a_run_of_chaos_fail(lived: Lived) -> None:
    right, wrong = Findings(), Findings()
    for findings, ran in ((right, run(2)), (wrong, run(1))):
        findings.check("denied", denials.ran([ran], lived.all, denied=()), when="at the agents")

    assert right.clean()
    assert not wrong.clean()
    assert "no call runs that people denied" in wrong.table()


def card(text: str, *, button: str = "several") -> Message:
    blocks = (
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        {"type": "actions", "elements": [{"type": "button", "action_id": button}]},
    )
    return Message(ts="1.0", channel="C1", user="U1", blocks=blocks)


def test_a_card_says_which_account_it_is_about() -> None:
    assert accounts(card("Argument account: P-12\nArgument milliseconds: 500")) == {"P-12"}
    assert accounts(card("Argument account: V-1-3")) == {"V-1-3"}
    assert is_theirs(card("Argument account: V-1-3"))
    assert not is_theirs(card("Amount: 250.00 EUR", button="approve"))
