"""A call that is held runs on a receipt alone, once, whatever gets lost on the way."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from countersign_client.applications import errors
from countersign_client.applications.answers import Asked
from countersign_client.applications.toolcalls import ToolCall
from countersign_client.mcp import holding, results, saying
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.outcomes import Allowed, Outcome, Pending, Refused, Unreachable
from tests.countersign_client.mcp.desk import ALICE, BOB, CALL, Desk, changed


def ran(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def hold(held: Holding, call: ToolCall, who: str, *, key: str = "claim") -> Outcome:
    """Ask, or join, and claim what is approved."""
    found = await held.ask(call, who)
    if isinstance(found, Asked):
        return await held.use(found.id, call, key=key) if found.state == "approved" else saying.pending(found)
    return found


# --- what must not run


def test_nothing_runs_before_people_have_decided_and_the_same_call_joins() -> None:
    desk = Desk()
    held = Holding(desk)

    first, again, other = (
        ran(hold(held, CALL, ALICE)),
        ran(hold(held, CALL, ALICE)),
        ran(hold(held, changed(id="4712"), ALICE)),
    )
    of_bob = ran(hold(held, CALL, BOB))

    assert [type(each) for each in (first, again, other, of_bob)] == [Pending] * 4
    assert first.request == again.request
    assert len({first.request, other.request, of_bob.request}) == 3
    assert "Call again with the same arguments" in first.said
    assert first.page in first.said


@pytest.mark.parametrize("state", ["denied", "withdrawn", "expired", "lapsed", "used"])
def test_whatever_else_it_comes_to_is_a_no(state: str) -> None:
    desk = Desk()
    pending = ran(hold(Holding(desk), CALL, ALICE))
    desk.decide(state)

    found = ran(Holding(desk).check(desk.requests[pending.request]))

    assert isinstance(found, Refused)
    assert (found.code, found.request) == (state, pending.request)
    assert found.said.startswith("Nothing has run.")


def test_one_changed_argument_is_refused_and_the_approval_stays() -> None:
    desk = Desk()
    ran(hold(Holding(desk), CALL, ALICE))
    request = desk.decide("approved")

    refused = ran(Holding(desk).use(request, changed(cascade=False), key="claim"))

    assert isinstance(refused, Refused)
    assert refused.code == "parameters"
    assert isinstance(ran(Holding(desk).use(request, CALL, key="claim")), Allowed)


def test_a_silence_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "LONGEST", 0.01)
    desk = Desk()
    desk.silent = True

    found = ran(hold(Holding(desk), CALL, ALICE))

    assert isinstance(found, Unreachable)
    assert "Nothing has run" in found.said


# --- what runs, once


def test_what_is_approved_runs_with_the_copy_that_was_approved() -> None:
    desk = Desk()
    ran(hold(Holding(desk), CALL, ALICE))
    request = desk.decide("approved")

    found = ran(hold(Holding(desk), CALL, ALICE))

    assert isinstance(found, Allowed)
    assert (found.request, found.arguments) == (request, CALL.values)
    assert found.receipt == f"receipt of {request} by {desk.uses[request]}"


def test_what_nobody_has_to_be_asked_for_runs_at_once() -> None:
    desk = Desk()
    desk.allows = True

    assert isinstance(ran(hold(Holding(desk), CALL, ALICE)), Allowed)


def test_of_many_that_come_at_once_one_claims_it() -> None:
    desk = Desk()

    async def many() -> list[Outcome]:
        held = Holding(desk)
        await hold(held, CALL, ALICE)
        request = desk.decide("approved")
        return list(await asyncio.gather(*(held.use(request, CALL, key=str(number)) for number in range(20))))

    found = ran(many())
    assert [type(each) for each in found].count(Allowed) == 1
    assert {each.code for each in found if isinstance(each, Refused)} == {"used"}


def test_a_claim_whose_answer_was_lost_is_found_by_its_key_and_by_no_other() -> None:
    desk = Desk()
    ran(hold(Holding(desk), CALL, ALICE))
    request = desk.decide("approved")
    desk.lost = 1

    lost, other, again = (ran(Holding(desk).use(request, CALL, key=key)) for key in ("one", "two", "one"))

    assert [type(each) for each in (lost, other, again)] == [Unreachable, Refused, Allowed]


def test_who_names_the_claim_gets_the_same_receipt_and_no_second_use() -> None:
    desk = Desk()
    ran(hold(Holding(desk), CALL, ALICE))
    request = desk.decide("approved")

    first, again = (ran(Holding(desk).use(request, CALL, key="derived")) for _ in range(2))
    other = ran(Holding(desk).use(request, CALL, key="another"))

    assert first == again
    assert isinstance(other, Refused)
    assert desk.uses == {request: "derived"}


def test_who_has_to_sign_in_anew_is_told_how() -> None:
    error = errors.StepUp(
        "Sign in again", code="step_up", told={"step_up": {"acr": ["phr"], "max_age": 300, "nonce": "n"}}
    )

    found = results.of(saying.refused(error))

    assert found.is_error
    assert found.structured_content["step_up"] == {"acr": ["phr"], "max_age": 300, "nonce": "n"}
    assert found.structured_content["may_run"] is False
