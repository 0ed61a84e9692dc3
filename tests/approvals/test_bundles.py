"""Several targets of one request: all of it stands or none, whatever happens to a part."""

from datetime import timedelta

import msgspec
import pytest

from approvals import transitions
from approvals.auditing import recorded, replay
from approvals.changes import Change
from approvals.grants import BUNDLE, LIVE, Grant, whole
from approvals.refusals.errors import Refused
from approvals.refusals.reasons import Reason, reason
from approvals.requests import Request
from approvals.subjects import subjects
from approvals.terms.covered import CoveredError, cover, read
from approvals.terms.records import Asked, without_text
from countersign_client.chain import Entry
from tests.approvals.test_transitions import approve
from tests.support.builders import BUNDLE as TARGETS
from tests.support.builders import NOW, OTHER, RESOURCE, filed, grant, terms

LATER = NOW + timedelta(minutes=5)
OVER = NOW + timedelta(hours=2)
NEVER, TROUBLE = reason("grant.restored"), reason("grant.late")
FILED = filed(terms=terms(targets=TARGETS)).request


class Told:
    """A request through its transitions, with all that its chain tells."""

    def __init__(self) -> None:
        self.request = FILED
        self.entries: list[Entry] = []
        self.take(approve(FILED))

    def take(self, change: Change) -> "Told":
        self.request = change.request
        self.entries += change.entries
        return self

    def states(self) -> list[tuple[str, Reason | str]]:
        return [(each.state, each.cause) for each in self.request.grants]

    def last(self) -> list[tuple[str, object]]:
        return [(entry.action, entry.detail.get("targets")) for entry in self.entries]


@pytest.fixture
def told() -> Told:
    return Told()


def active(told: Told) -> Told:
    for target in (0, 1):
        told.take(transitions.activated(told.request, target=target, now=LATER))
    return told


def test_an_approval_makes_one_grant_a_target_in_one_window(told: Told) -> None:
    one, other = told.request.grants

    assert one == other
    assert one.state == "activating"


def test_the_whole_is_active_only_when_every_part_is(told: Told) -> None:
    told.take(transitions.activated(told.request, target=1, now=LATER))
    before = told.request.grant
    told.take(transitions.activated(told.request, target=0, now=LATER))
    after = told.request.grant

    assert before is not None
    assert after is not None
    assert (before.state, after.state) == ("activating", "active")


@pytest.mark.parametrize("other", ["activating", "active"])
def test_what_can_never_be_made_takes_the_others_back_in_the_same_commit(told: Told, other: str) -> None:
    if other == "active":
        told.take(transitions.activated(told.request, target=0, now=LATER))
    before = told.request.version
    told.take(transitions.failed(told.request, cause=NEVER, target=1, now=LATER))

    assert told.states() == [("revoked", BUNDLE), ("failed", NEVER)]
    assert told.request.version == before + 1
    assert told.last()[-2:] == [("grant.failed", [1]), ("grant.revoked", [0])]
    assert told.request.grant
    assert (told.request.grant.state, told.request.grant.cause) == ("failed", NEVER)


def test_what_was_taken_out_by_others_takes_the_rest_back(told: Told) -> None:
    active(told).take(transitions.removed_outside(told.request, target=0, now=LATER))

    assert told.states() == [("revoked", "outside"), ("revoked", BUNDLE)]
    assert told.request.grant
    assert told.request.grant.cause == "outside"


@pytest.mark.parametrize(
    ("by", "state", "cause"), [("alice@example.com", "ended", "holder"), ("bob@example.com", "revoked", "person")]
)
def test_whoever_ends_it_ends_all_of_it(told: Told, by: str, state: str, cause: str) -> None:
    told.take(transitions.activated(told.request, target=0, now=LATER))
    told.take(transitions.end(told.request, by=by, now=LATER))

    assert told.states() == [(state, cause)] * 2


def test_what_is_over_ends_and_what_was_never_made_has_failed(told: Told) -> None:
    told.take(transitions.activated(told.request, target=0, now=LATER))
    with pytest.raises(Refused):
        transitions.lapse(told.request, now=LATER)
    told.take(transitions.lapse(told.request, now=OVER))

    assert [state for state, _ in told.states()] == ["ended", "failed"]
    assert told.request.grant
    assert told.request.grant.state == "failed"


def test_it_is_removed_when_every_part_is(told: Told) -> None:
    active(told).take(transitions.end(told.request, by="alice@example.com", now=LATER))
    told.take(transitions.removed(told.request, target=1, now=LATER))
    assert told.request.grant
    assert not told.request.grant.removed
    with pytest.raises(Refused):
        transitions.removed(told.request, target=1, now=LATER)
    told.take(transitions.removed(told.request, target=0, now=LATER))
    assert told.request.grant.removed


def test_trouble_with_one_part_is_told_and_goes_on_with_that_part_alone(told: Told) -> None:
    told.take(transitions.troubled(told.request, trouble=TROUBLE, kind="forbidden", target=1, now=LATER))
    told.take(transitions.activated(told.request, target=0, now=LATER))
    between = told.request.grant
    with pytest.raises(Refused):
        transitions.troubled(told.request, trouble=TROUBLE, kind="forbidden", target=1, now=LATER)
    told.take(transitions.activated(told.request, target=1, now=LATER))

    assert between is not None
    assert between.trouble == TROUBLE
    assert told.request.grant is not None
    assert told.request.grant.trouble == ""


@pytest.mark.parametrize("target", [2, 9])
def test_a_target_that_is_not_there_can_neither_be_made_nor_removed(told: Told, target: int) -> None:
    for step in (transitions.activated, transitions.removed, transitions.removed_outside):
        with pytest.raises(Refused):
            step(told.request, target=target, now=LATER)


def test_it_wakes_the_work_on_each_of_its_resources(told: Told) -> None:
    assert [subject.partition(":")[0] for subject in subjects(FILED)] == ["request"]
    own, *others = subjects(told.request)
    assert own == f"request:{FILED.id}"
    assert [RESOURCE in others[0], OTHER in others[1], len(others)] == [True, True, 2]


# --- the chain


def test_the_chain_tells_every_part(told: Told) -> None:
    told.take(transitions.activated(told.request, target=0, now=LATER))
    told.take(transitions.troubled(told.request, trouble=TROUBLE, kind="unsure", target=1, now=LATER))
    told.take(transitions.failed(told.request, cause=NEVER, target=1, now=LATER))
    told.take(transitions.removed(told.request, target=0, now=LATER))

    assert recorded.facts(told.request)["grants"] == replay.replay([FILING, *told.entries])["grants"]


FILING = Entry(
    request=FILED.id,
    seq=1,
    at="2026-11-22T10:00:00Z",
    actor="alice@example.com",
    action="request.filed",
    detail={
        "digest": FILED.digest,
        "policy": FILED.terms.policy,
        "account": FILED.account,
        "entitlement": FILED.terms.entitlement,
    },
    prev="",
)


@pytest.mark.parametrize("targets", [[], [2], [-3], ["0"], None, [1, 1, 0]])
def test_a_chain_that_names_no_part_or_another_does_not_hold(told: Told, targets: object) -> None:
    told.take(transitions.activated(told.request, target=1, now=LATER))
    last = told.entries[-1]
    detail = {name: value for name, value in last.detail.items() if name != "targets"}
    if targets is not None:
        detail["targets"] = targets
    forged = [*told.entries[:-1], msgspec.structs.replace(last, detail=detail)]

    def faults() -> bool:
        try:
            return bool(replay.replay([FILING, *forged])["grants"] != recorded.facts(told.request)["grants"])
        except replay.ReplayError:
            return True

    assert faults()


# --- the digested object


def asked(request: Request) -> Asked:
    return Asked(request=request.id, revision=1, requester=request.requester, terms=request.terms)


def test_several_targets_are_version_2_of_the_digested_object_and_one_is_version_1() -> None:
    bundle, single = asked(FILED), asked(filed().request)

    assert '"v":2' in cover(bundle).text
    assert '"v":1' in cover(single).text
    assert read(cover(bundle).text) == without_text(bundle)


@pytest.mark.parametrize("other", [TARGETS[:1], TARGETS[::-1], (*TARGETS, TARGETS[0])])
def test_every_target_and_their_order_is_digested(other: object) -> None:
    assert cover(asked(filed(terms=terms(targets=other)).request)).digest != FILED.digest


def test_a_target_of_another_kind_is_not_read() -> None:
    with pytest.raises(CoveredError):
        read(cover(asked(FILED)).text.replace('"kind":"iam"', '"kind":"group"', 1))


# --- the whole


def test_one_grant_is_the_whole() -> None:
    one = grant("revoked", cause="outside")

    assert whole([one]) is one
    assert whole([]) is None


@pytest.mark.parametrize("first", ["ended", "revoked", "failed"])
@pytest.mark.parametrize("second", ["ended", "revoked", "failed"])
def test_the_whole_never_lives_when_every_part_is_closed(first: str, second: str) -> None:
    parts: list[Grant] = [grant(state) for state in (first, second)]  # type: ignore[arg-type]
    found = whole(parts)

    assert found
    assert found.state not in LIVE
    assert found.state == ("failed" if "failed" in (first, second) else found.state)
