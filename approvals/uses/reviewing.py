"""Reviewing: saying afterwards whether access in an emergency was justified, and why."""

from datetime import datetime

import msgspec

from approvals import transitions
from approvals.again import again
from approvals.changes import Change
from approvals.emergencies import Finding
from approvals.freezes.frozen import Freeze
from approvals.identities import Identity
from approvals.ids import new_salt
from approvals.judging.asked import reviewers
from approvals.judging.case import Case
from approvals.judging.cases import Cases
from approvals.people.accounts import require_accepted
from approvals.ports.store import Reads
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.reviews import says_something, typed
from approvals.telling.cards import Card
from approvals.uses.commits import Commits, With


class Reviewing:
    """One review of each emergency, by somebody whom the policy names for it now. A freeze of a
    person stops theirs, and no other."""

    def __init__(self, *, store: Reads, cases: Cases, freeze: Freeze, commits: Commits) -> None:
        self._store = store
        self._freeze = freeze
        self._cases = cases
        self._commits = commits

    def look(self, identity: Identity, request_id: str, *, now: datetime) -> Card:
        """What somebody is about to review. Raises like `find`, but for the reason that is still to be typed."""
        self._freeze.require_thawed("", you=identity.principal, exempt=True)
        case = self._faced(identity, self._store.request(request_id), now)
        awaited = case.request.after_review
        if awaited is None:
            raise Refused("after_review.none")
        if awaited.finding is not None:
            raise Refused("after_review.done", person=awaited.finding.by)
        return case.card()

    def find(
        self,
        identity: Identity,
        request_id: str,
        *,
        justified: bool,
        why: str,
        now: datetime,
        beside: With | None = None,
    ) -> Request:
        """Record what was found. The same by the same person, sent once more, changes nothing.

        Raises `Refused`, with code `after_review.why` without a reason, `Unavailable`, `NotFound` or, after three
        attempts, `Conflict`.
        """

        def found() -> Request:
            request = self._store.request(request_id)
            # A freeze of everything stops no review, and one of whoever reviews does.
            guards = self._freeze.held("", you=identity.principal)
            case = self._faced(identity, request, now)
            if _is_repeat(request, identity, justified=justified):
                return request
            change = _finding(case, identity, justified=justified, why=why, now=now)
            return self._commits.commit(msgspec.structs.replace(change, guards=guards), beside=beside)

        return again(found, changing="the request")

    def _faced(self, identity: Identity, request: Request, now: datetime) -> Case:
        require_accepted(identity.account, self._cases.policy().identity, purpose="decide")
        case = self._cases.of(request, now=now, by=identity)
        _require_reviewer(case, identity)
        return case


def _require_reviewer(case: Case, identity: Identity) -> None:
    try:
        case.require_approver(identity.principal)
    except Refused as refusal:
        # What is no emergency has approvers, who learn that there is nothing to review.
        if refusal.code == "self.decide":
            raise Refused("after_review.self") from None
        if refusal.code.startswith("not_approver"):
            raise Refused("after_review", approvers=_named(case)) from None
        raise


def _named(case: Case) -> tuple[str, ...]:
    return tuple(who for stage in reviewers(case.policy, case.request) for who in stage.approvers)


def _is_repeat(request: Request, identity: Identity, *, justified: bool) -> bool:
    finding = request.after_review.finding if request.after_review is not None else None
    return finding is not None and (finding.by, finding.justified) == (identity.principal, justified)


def _finding(case: Case, identity: Identity, *, justified: bool, why: str, now: datetime) -> Change:
    finding = Finding(
        at=now,
        by=identity.principal,
        justified=justified,
        why=typed(why.strip(), salt=new_salt()),
        channel=identity.proof.channel,
        account=identity.proof.account,
        how=identity.proof.how,
    )
    change = transitions.find(case.request, finding, now=now)
    if not says_something(why):
        raise Refused("after_review.why")
    return change
