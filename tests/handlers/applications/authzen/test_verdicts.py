"""Every verdict of this door is the one of `/v1`, by one table of what the policy says."""

from collections.abc import Callable

import msgspec
import pytest

from approvals.freezes.freezing import freeze
from approvals.limits import Limits
from tests.support.front import URN, Front
from tests.support.world import ALICE, BOB

DATA = {"context": {"channel": "phone"}}


def frozen(front: Front) -> None:
    freeze(front.world.store, by="operator", why=None, now=front.world.clock())
    front.world.freeze.epoch()


def asked_for_by_bob_alone(front: Front) -> None:
    refund = front.world.policy.actions["refund"]
    front.acts(msgspec.structs.replace(refund, requesters=(f"user:{BOB}",)))


def approved_by_nobody(front: Front) -> None:
    refund = front.world.policy.actions["refund"]
    stages = tuple(
        msgspec.structs.replace(each, approvers=(f"user:{ALICE}",)) for each in refund.requirement.stages
    )
    front.acts(
        msgspec.structs.replace(refund, requirement=msgspec.structs.replace(refund.requirement, stages=stages))
    )


def full(front: Front) -> None:
    shops = dict(front.world.policy.applications)
    shops["shop"] = msgspec.structs.replace(shops["shop"], limits=Limits(pending=1, per_hour=100))
    front.world.policy = msgspec.structs.replace(front.world.policy, applications=shops)
    front.ask()


def brought_by_nobody(front: Front) -> None:
    shops = dict(front.world.policy.applications)
    shops["shop"] = msgspec.structs.replace(shops["shop"], brings=())
    front.world.policy = msgspec.structs.replace(front.world.policy, applications=shops)


VERDICTS: dict[str, Callable[[Front], None]] = {
    "people": lambda _: None,
    "allow": lambda front: front.judged("allow"),
    "refuse": lambda front: front.judged("refuse"),
    "refuse, in words": lambda front: front.judged("refuse", reason="Not on Sundays"),
    "a large amount": lambda front: front.judged("refuse", when="params.amount > 200"),
    "another order": lambda front: front.judged("refuse", when='params.order == "A-18"'),
    "an unknown claim": lambda front: front.judged("refuse", when='"x" in subject.groups'),
    "step up": lambda front: front.judged("step_up", acr=("phr",)),
    "require approval": lambda front: front.judged("require_approval"),
    "frozen": frozen,
    "requesters": asked_for_by_bob_alone,
    "no approvers": approved_by_nobody,
    "too many": full,
    "no issuer": brought_by_nobody,
}


@pytest.mark.parametrize("case", list(VERDICTS))
def test_a_verdict_is_that_of_v1(front: Front, case: str) -> None:
    before = front.submission()
    VERDICTS[case](front)

    theirs = front.post("/v1/requests", front.wanted(key=None, data=DATA))
    evaluated = front.evaluate().json["context"]
    submitted = front.submit(before | {"context": front.question()["context"]})

    if theirs.status == 201:
        assert evaluated["reason"] == "approval_required"
        status = {"pending": 202, "approved": 201}[theirs.json["state"]]
        assert (submitted.status, submitted.json["task"]["status"]) == (status, theirs.json["state"])
        mine, other = (front.read(each) for each in (submitted.json["task"]["id"], theirs.json["id"]))
        assert mine.action is not None
        assert other.action is not None
        assert mine.terms.requirement == other.terms.requirement
        assert [each for each in mine.action.parameters if each.type != "secret"] == [
            each for each in other.action.parameters if each.type != "secret"
        ]
        assert (mine.action.key, mine.action.data) == (other.action.key, other.action.data)
        return
    assert (evaluated["reason"], "access_request" in evaluated) == (theirs.code, False)
    assert evaluated["reason_user"]["en"] == theirs.json["detail"] == submitted.json["detail"]
    assert submitted.code == theirs.code
    if theirs.status == 403:
        assert (submitted.status, submitted.json["type"]) == (400, f"{URN}not_requestable")
    else:
        assert (submitted.status, submitted.json["type"]) == (theirs.status, theirs.json["type"])
    assert submitted.headers.get("www-authenticate") == theirs.headers.get("www-authenticate")
    assert submitted.headers.get("retry-after") == theirs.headers.get("retry-after")
