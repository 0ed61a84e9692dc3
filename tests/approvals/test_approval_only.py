"""An approval alone: it stands from its approval on, is over at its end, and nobody has anything to do for it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from approvals import transitions
from approvals.access.claims import claims
from approvals.auditing.consistent import inconsistencies
from approvals.auditing.replay import faults
from approvals.changes import Change
from approvals.grants import LEFT
from approvals.people.memberships import NOTHING_KNOWN
from approvals.policy.access import BreakGlass
from approvals.policy.model import Requirement
from approvals.refusals.errors import Refused
from approvals.requests import Request, given, settled
from approvals.subjects import subjects
from approvals.targets import ApprovalOnly, IamRoles
from approvals.votes.tally import Met, tally
from countersign_client.chain import Entry
from tests.support.builders import NOW, ONE_APPROVER, RESOURCE, approval_terms, filed, review, terms
from tests.support.world import policy

LATER = NOW + timedelta(minutes=5)
AFTER = LATER + timedelta(hours=1)


def met(requirement: Requirement = ONE_APPROVER) -> Met:
    people = [review()] if requirement.stages else []
    return tally(
        requirement, people, requester="alice@example.com", policy=policy(), memberships=NOTHING_KNOWN
    ).met()


def approved(*, now: datetime = LATER, **changes: Any) -> Change:
    asked = filed(terms=approval_terms(**changes)).request
    voted = transitions.record(asked, review(), now=now).request
    return transitions.approve(voted, frozen=met(), current=met(), policy="p", generation="g1", now=now)


def standing() -> Request:
    return approved().request


def told(change: Change) -> list[str]:
    return [entry.action for entry in change.entries]


def state(request: Request) -> tuple[str, bool]:
    assert request.grant is not None
    return request.grant.state, request.grant.removed


# --- refused


def test_it_is_no_emergency() -> None:
    glass = Requirement(kind="break_glass")
    request = filed(terms=approval_terms(requirement=glass)).request
    rule = BreakGlass(max=timedelta(hours=1), by=("user:bob@example.com",), within=timedelta(days=3))

    with pytest.raises((Refused, ValueError)):
        transitions.approve(
            request,
            frozen=met(glass),
            current=met(glass),
            policy="p",
            generation="g1",
            now=LATER,
            break_glass=rule,
        )


def test_it_neither_fails_nor_is_made_a_second_time() -> None:
    for step in (transitions.activated, transitions.begin):
        with pytest.raises(Refused):
            step(standing(), now=LATER)


def test_it_does_not_end_before_its_time() -> None:
    with pytest.raises(Refused):
        transitions.lapse(standing(), now=AFTER - timedelta(seconds=1))


# --- what becomes of it


def test_it_stands_by_the_commit_that_approves_it() -> None:
    change = approved()

    assert told(change) == ["request.approved", "grant.active"]
    assert state(change.request) == ("active", False)
    assert change.entries[1].detail == {}


def test_it_calls_for_no_work_but_its_own_and_nobody_who_makes_access_finds_it() -> None:
    request = standing()

    assert subjects(request) == ("request:r-0123456789",)
    assert given(request) == ()
    assert claims([request], resource=RESOURCE) == ()


def test_one_that_begins_later_stands_when_its_time_has_come() -> None:
    change = approved(start=AFTER)
    assert (told(change), state(change.request)) == (["request.approved"], ("scheduled", False))

    begun = transitions.begin(change.request, now=AFTER)

    assert (told(begun), state(begun.request)) == (["grant.begun", "grant.active"], ("active", False))


Step = Callable[[Request], Change]
ENDS: Mapping[str, tuple[Step, str]] = {
    "its holder": (lambda r: transitions.end(r, by=r.requester, now=LATER), "ended"),
    "an approver": (lambda r: transitions.end(r, by="bob@example.com", now=LATER), "revoked"),
    "an operator": (lambda r: transitions.revoke(r, by="os:root", why=None, now=LATER), "revoked"),
    "who left": (lambda r: transitions.leave(r, cause="left", now=LATER), "revoked"),
    "its time": (lambda r: transitions.lapse(r, now=AFTER), "ended"),
}


@pytest.mark.parametrize("how", ENDS)
def test_nothing_of_it_is_left_as_soon_as_it_is_over(how: str) -> None:
    step, becomes = ENDS[how]
    change = step(standing())

    assert told(change) == [f"grant.{becomes}", "grant.removed"]
    assert state(change.request) == (becomes, True)
    assert settled(change.request)
    assert not settled(standing())


def test_who_left_takes_what_is_still_to_begin_along() -> None:
    gone = transitions.leave(approved(start=AFTER).request, cause="left", now=LATER)

    assert state(gone.request) == ("revoked", True)
    assert gone.request.grant is not None
    assert gone.request.grant.cause == LEFT


# --- what is stored of it is held against its chain and its digest


def chain(*changes: Change) -> list[Entry]:
    return [entry for change in changes for entry in change.entries]


def whole() -> tuple[Request, list[Entry]]:
    """One that is over, and all that its chain tells."""
    asked = approval_terms()
    request = filed(
        terms=asked,
        detail={
            "digest": filed(terms=asked).request.digest,
            "policy": asked.policy,
            "account": "slack:T0123ABCD/U0A11CE00",
            "entitlement": asked.entitlement,
        },
    )
    entry = msgspec.structs.replace(request.entries[0], action="request.filed")
    first = msgspec.structs.replace(
        request, entries=(entry,), request=msgspec.structs.replace(request.request, head=entry.hash)
    )
    voted = transitions.record(first.request, review(), now=LATER)
    done = transitions.approve(voted.request, frozen=met(), current=met(), policy="p", generation="g1", now=LATER)
    over = transitions.lapse(done.request, now=AFTER)
    return over.request, chain(first, voted, done, over)


def test_its_chain_tells_all_of_it() -> None:
    record, entries = whole()

    assert list(faults(record, entries)) == []


ROLES = IamRoles(resource=RESOURCE, roles=("roles/run.admin",))


@pytest.mark.parametrize("targets", [(ROLES,), (ROLES, ApprovalOnly()), ()])
def test_a_stored_one_that_becomes_access_is_found(targets: Any) -> None:
    record, entries = whole()
    spoilt = msgspec.structs.replace(record, terms=msgspec.structs.replace(record.terms, targets=targets))

    assert "its terms are not those that its digest covers" in list(faults(spoilt, entries))


def test_stored_access_that_becomes_one_is_found() -> None:
    access = filed(terms=terms()).request
    spoilt = msgspec.structs.replace(
        access, terms=msgspec.structs.replace(access.terms, targets=(ApprovalOnly(),))
    )

    assert "its terms are not those that its digest covers" in list(inconsistencies(spoilt))


@pytest.mark.parametrize("changes", [{"state": "activating"}, {"removed": True}])
def test_one_that_waits_to_be_made_or_is_gone_while_it_stands_is_found(changes: Any) -> None:
    request = standing()
    spoilt = msgspec.structs.replace(request, grants=(msgspec.structs.replace(request.grants[0], **changes),))

    assert "an approval alone stands or is over, and nothing of it is made or left" in list(
        inconsistencies(spoilt)
    )
