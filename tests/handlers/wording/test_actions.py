"""What is offered where a request is shown: never more than could be done by somebody who looks there."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.counted import Counted
from approvals.grants import Kept
from approvals.policy.model import Requirement, Stage
from approvals.requests import Decision
from approvals.telling.cards import Card
from approvals.votes.counting import StageTally
from approvals.votes.tally import Tally
from handlers.wording import late
from handlers.wording.actions import Action, actions
from handlers.wording.views import view
from tests.support.builders import NOW, filed, grant, review

SRE = Stage(approvers=("group:sre",))
SIGNED = Stage(approvers=("group:security",), sign="typed")
BOB = "bob@example.com"
ENDED = ("ended", "revoked", "failed")


def card(stage: Stage = SRE, *, token: str = "a.token", counted: tuple[str, ...] = (), **changes: Any) -> Card:
    request = filed(**changes).request
    held = StageTally(counted=counted, unknown=(), needed=1)
    tally = Tally(requirement=Requirement(kind="stages", stages=(stage,)), stages=(held,))
    return Card(request=request, tally=tally, token=token)


def granted(state: Any, *, kept: tuple[Kept, ...] = ()) -> Card:
    decided = Decision(outcome="approved", at=NOW, by=(BOB,))
    found = card(token="", state="approved", decision=decided, grant=grant(state))
    return msgspec.structs.replace(found, kept=kept)


def keeps(request: str) -> Kept:
    return Kept(request=request, roles=("roles/run.admin",), until=NOW, whole=True)


def kinds(offered: tuple[Action, ...]) -> list[str]:
    return [each.kind for each in offered]


def test_nobody_is_offered_a_vote_without_a_token() -> None:
    assert actions(card(token="")).approvers == ()


@pytest.mark.parametrize("state", ["denied", "withdrawn", "expired"])
def test_nothing_is_offered_about_what_was_never_given(state: Any) -> None:
    decided = Decision(outcome=state, at=NOW, by=(BOB,))
    found = actions(card(state=state, decision=decided))
    assert (found.approvers, found.requester) == ((), ())


@pytest.mark.parametrize("state", ENDED)
def test_what_has_ended_is_not_ended_again(state: str) -> None:
    found = actions(granted(state))
    assert (found.approvers, found.requester) == ((), ())


def test_a_requester_is_offered_no_vote() -> None:
    assert kinds(actions(card()).requester) == ["withdraw"]


def test_where_enough_have_approved_nobody_is_offered_to_approve() -> None:
    found = card(counted=(BOB,), reviews=(review(),))
    assert kinds(actions(found).approvers) == ["offer", "deny", "take_back"]


@pytest.mark.parametrize(("stage", "approves"), [(SRE, ["approve", "remark"]), (SIGNED, ["sign"])])
def test_an_approval_is_offered_in_the_way_that_the_stage_demands(stage: Stage, approves: list[str]) -> None:
    assert kinds(actions(card(stage)).approvers) == [*approves, "offer", "deny"]


def test_an_approval_of_several_calls_is_revoked_for_all_of_them() -> None:
    decided = Decision(outcome="approved", at=NOW, by=(BOB,))
    window = Counted(until=NOW + timedelta(minutes=30), uses=3)
    (revoke,) = actions(card(token="", state="approved", decision=decided, window=window)).approvers

    assert revoke.text == "Revoke for all its calls"
    assert revoke.question is not None
    assert "This ends all 3 calls, 1 of which is taken" in revoke.question.text


@pytest.mark.parametrize("state", ["activating", "active"])
def test_access_can_be_ended_by_both(state: str) -> None:
    found = actions(granted(state))
    assert (kinds(found.approvers), kinds(found.requester)) == (["end"], ["extend", "end"])
    assert found.requester[1].question is not None


def test_three_of_the_requests_that_keep_an_ended_access_can_be_ended_too() -> None:
    others = [f"r-000000000{number}" for number in range(4)]
    found = actions(granted("ended", kept=tuple(keeps(other) for other in others)))
    assert [(each.kind, each.request) for each in found.approvers] == [("end", other) for other in others[:3]]
    assert found.approvers[0].text == "End r-0000000000, too"


def test_a_view_has_what_can_be_done() -> None:
    shown = card()
    assert view(shown).actions == actions(shown)


def test_what_has_not_begun_is_cancelled_and_not_ended() -> None:
    for offered in (actions(granted("scheduled")).requester, actions(granted("scheduled")).approvers):
        (cancel,) = offered
        assert (cancel.kind, cancel.text) == ("end", "Cancel this access")
        assert cancel.question is not None
        assert "removed" not in cancel.question.text
    said = late.since(granted("scheduled").request)
    assert said.endswith(" The button Cancel this access on its card does that.")
