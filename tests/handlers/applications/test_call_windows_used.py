"""Several calls of one tool by one approval: how they are used, and what races for the last one."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from approvals.auditing.story import story
from approvals.policy.model import Requirement
from approvals.receipts import claims
from approvals.refusals.errors import Refused
from approvals.requests import settled
from countersign_client.receipts import verify
from handlers.api.documents import _vote
from handlers.wording.history.story import moment
from handlers.wording.text.lines import plain
from handlers.wording.votes import vote
from tests.handlers.applications.test_call_windows import (
    ENDS,
    LASTS,
    NAMED,
    OWN,
    SEVERAL,
    STAGE,
    Signing,
    approves,
    confirms,
    left,
    narrower,
    opened,
    other,
)
from tests.support.agents import DELETE, Assistant
from tests.support.direct import Wire
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, World


@pytest.fixture
def assistant(tmp_path: Path, wire: Wire) -> Iterator[Signing]:
    with (
        closing(World(tmp_path, granter=wire)) as world,
        closing(Signing(world, tmp_path / "receipts.json", action=SEVERAL, may_assert=True)) as made,
    ):
        yield made
        assert list(Inspection(world.store).faults()) == []


def test_calls_are_taken_until_it_is_used_up_each_with_its_receipt(assistant: Signing) -> None:
    first = opened(assistant)
    keys = assistant.keys
    whole = verify(assistant.uses(first).json["receipt"], keys)

    said = [other(assistant, number) for number in range(4)]
    receipts = [
        verify(assistant.uses(each["id"], arguments={"account": f"B-{number}"}).json["receipt"], keys)
        for number, each in enumerate(said[:2])
    ]

    assert [each["approval"] for each in said] == ["window", "window", "people", "people"]
    assert whole.window is not None
    assert (whole.window.uses, whole.reviews[0].window) == (3, True)
    assert [each.terms["within"]["number"] for each in receipts] == [2, 3]
    assert {each.terms["within"]["digest"] for each in receipts} == {whole.digest}
    assert left(assistant, first) | {"until": ""} == {"until": "", "uses": 3, "left": 0}


def test_a_repeat_is_no_second_call_and_the_same_key_gets_the_same_receipt(assistant: Assistant) -> None:
    first = opened(assistant)

    taken, again = other(assistant), other(assistant)
    receipts = {
        assistant.uses(taken["id"], named="one", arguments={"account": "B-1"}).json["receipt"] for _ in range(2)
    }

    assert (again["id"], len(receipts), left(assistant, first)["left"]) == (taken["id"], 1, 1)
    assert assistant.uses(taken["id"], named="two", arguments={"account": "B-1"}).code == "used"
    assert assistant.uses(taken["id"], arguments={"account": "B-2"}).status == 409


def test_ones_own_press_may_choose_it_and_is_needed_for_every_call_otherwise(assistant: Assistant) -> None:
    assistant.put(OWN, may_assert=True)
    first = assistant.asks(on_behalf_of=NAMED).json["id"]
    confirms(assistant, first)

    assert other(assistant, 1, on_behalf_of=NAMED)["state"] == "approved"
    assert other(assistant, 2)["state"] == "approved"
    assert other(assistant, 3)["state"] == "pending"


def test_whom_the_agent_names_chooses_it_as_well_as_whoever_approves(assistant: Assistant) -> None:
    for several, state in ((False, "pending"), (True, "approved")):
        first = assistant.asks(on_behalf_of=NAMED, arguments={"several": several}).json["id"]
        confirms(assistant, first, several=several)
        with nullcontext() if several else pytest.raises(Refused, match=r"window\.confirmed"):
            approves(assistant, first)

        assert other(assistant, several, on_behalf_of=NAMED)["state"] == state


def test_a_call_asked_and_used_at_once_is_taken_as_well(assistant: Assistant) -> None:
    opened(assistant)

    said = other(assistant, 1, consume=True, join=None)

    assert (said["state"], said["approval"], bool(said["receipt"])) == ("used", "window", True)


# --- races


def test_it_is_never_overshot_by_many_at_two_instances(assistant: Assistant) -> None:
    uses = 7
    assistant.put(narrower(LASTS, uses))
    first = opened(assistant)
    with closing(assistant.beside()) as beside:
        beside.get("/v1/actions")
        instances = [assistant, beside] * 8
        ready = threading.Barrier(4)

        def ask(number: int) -> dict[str, Any]:
            if number < 4:
                ready.wait(timeout=60)
            return other(instances[number], number)

        with ThreadPoolExecutor(4) as pool:
            said = list(pool.map(ask, range(16)))

    states = [each.get("state", each.get("code")) for each in said]
    assert states.count("approved") == uses - 1, states
    assert left(assistant, first)["left"] == 0


ARGUMENTS_OF_LAST = {"account": "B-9"}


@pytest.mark.parametrize(
    "end", ["its person ends it", "the policy has no window", "its approver is frozen", "time"]
)
def test_the_last_call_and_the_end_at_once_are_one_or_the_other(assistant: Assistant, end: str) -> None:
    first = opened(assistant)
    taken = other(assistant, 9)
    ready = threading.Barrier(2)

    def use() -> int:
        ready.wait(timeout=60)
        return assistant.uses(taken["id"], arguments=ARGUMENTS_OF_LAST).status

    def ends() -> None:
        ready.wait(timeout=60)
        ENDS[end](assistant, first)

    with ThreadPoolExecutor(2) as pool:
        used, over = pool.submit(use), pool.submit(ends)
        over.result()
        status = used.result()

    assert (assistant.read(taken["id"]).state == "used") == (status == 200)
    assert assistant.uses(other(assistant, 8).get("id", taken["id"]), arguments={"account": "B-8"}).status != 200


# --- what was taken and not made yet


@pytest.mark.parametrize("by", [ALICE, BOB])
def test_one_that_is_used_up_is_ended_for_the_calls_that_were_not_made(assistant: Assistant, by: str) -> None:
    first = opened(assistant)
    assert assistant.uses(first).status == 200
    taken = [other(assistant, number)["id"] for number in (1, 2)]
    assert assistant.uses(taken[0], arguments={"account": "B-1"}).status == 200
    assert left(assistant, first)["left"] == 0

    assistant.world.end(by, assistant.read(first))

    assert assistant.uses(taken[1], arguments={"account": "B-2"}).code == "window.over"


def test_one_that_is_used_up_is_over_with_its_time(assistant: Assistant) -> None:
    first = opened(assistant)
    assistant.uses(first)
    for number in (1, 2):
        assistant.uses(other(assistant, number)["id"], arguments={"account": f"B-{number}"})
    assistant.world.passes(LASTS.total_seconds(), step=600)

    found = assistant.read(first)
    assert found.window is not None
    assert found.window.shut is not None
    assert (found.window.shut.cause, settled(found)) == ("time", True)


def test_what_the_policy_ended_goes_on_where_that_is_undone_in_time_and_what_somebody_ended_does_not(
    assistant: Assistant,
) -> None:
    first = opened(assistant)
    assistant.put(DELETE, may_assert=True)
    assert other(assistant, 1)["state"] == "pending"

    assistant.put(SEVERAL, may_assert=True)
    assert other(assistant, 2)["state"] == "approved"

    assistant.world.end(BOB, assistant.read(first))
    assert other(assistant, 3)["state"] == "pending"


def test_who_approved_it_has_a_receipt_once_the_approved_call_itself_was_made(assistant: Signing) -> None:
    first, keys = opened(assistant), assistant.keys
    taken = other(assistant, 1)["id"]
    later = verify(assistant.uses(taken, arguments={"account": "B-1"}).json["receipt"], keys)
    with pytest.raises(Refused) as refused:
        claims(assistant.read(first), issuer="countersign:test", jti="j", now=assistant.world.clock())
    assert refused.value.code == "unused"

    whole = verify(assistant.uses(first).json["receipt"], keys)

    assert whole.window is not None
    assert later.decision.at < whole.window.until
    assert later.terms["within"] == {"request": first, "digest": whole.digest, "number": 2}


@pytest.mark.parametrize(("several", "code"), [(True, "reviewed.several"), (False, "reviewed.one")])
def test_a_second_press_makes_an_approval_neither_less_nor_more_and_says_so(
    assistant: Assistant, code: str, *, several: bool
) -> None:
    two = Requirement(kind="stages", stages=(msgspec.structs.replace(STAGE, needed=2),))
    assistant.put(msgspec.structs.replace(SEVERAL, requirement=two))
    request_id = assistant.asks().json["id"]
    approves(assistant, request_id, several=several)

    with pytest.raises(Refused) as refused:
        approves(assistant, request_id, several=not several)
    approves(assistant, request_id, several=several)  # the same again changes nothing, and is no mistake

    assert refused.value.code == code
    assert [each.window for each in assistant.read(request_id).reviews] == [several]


@pytest.mark.parametrize("several", [True, False])
def test_who_decides_next_sees_what_others_chose_and_the_story_keeps_it(
    assistant: Assistant, *, several: bool
) -> None:
    two = Requirement(kind="stages", stages=(msgspec.structs.replace(STAGE, needed=2),))
    assistant.put(msgspec.structs.replace(SEVERAL, requirement=two), may_assert=True)
    request_id = assistant.asks(on_behalf_of=NAMED).json["id"]
    confirms(assistant, request_id, several=several)
    approves(assistant, request_id, several=several)

    request, world = assistant.read(request_id), assistant.world
    card = world.uses.acting.card(request, now=world.clock())
    happened = story(request, world.store.entries(request.id)) or ()
    said = [plain(vote(card, request.reviews[0]))]
    said += [plain(moment(request, each, None).sentence) for each in happened[1:]]

    assert ["several calls" in each for each in said] == [several] * 3, said
    assert _vote(request, 0).several == several


def test_a_window_cut_shorter_by_the_policy_leaves_time_to_make_each_call(assistant: Assistant) -> None:
    assistant.world.clock.advance(0.6)
    opened(assistant)
    assistant.put(narrower(timedelta(minutes=1), 3))
    assistant.world.clock.advance(59.6)

    assert assistant.asks(arguments={"account": "B-1"}).json["state"] == "pending"


def test_a_call_is_not_taken_while_who_stood_in_loses_that_right(assistant: Assistant) -> None:
    world = assistant.world
    leads = "leads@example.com"
    world.policy = msgspec.structs.replace(world.policy, delegates=(f"group:{leads}",))
    world.people.groups[APPROVERS] = {BOB}
    world.people.groups[leads] = {CAROL}
    until = world.clock() + timedelta(hours=4)
    world.uses.standing_in.leave(world.identity(BOB), until=until, delegate=CAROL, now=world.clock())
    first = str(assistant.asks().json["id"])
    approves(assistant, first, by=CAROL)
    taken = other(assistant, 1)
    assert taken["approval"] == "window"
    plain = world.store.commit
    moved: list[bool] = []

    def racing(change: Any) -> None:
        if not moved:
            moved.append(True)
            world.uses.standing_in.back(world.identity(BOB), now=world.clock())
        plain(change)

    world.store.commit = racing  # type: ignore[method-assign]

    assert assistant.uses(taken["id"], arguments={"account": "B-1"}).code == "window.over"
