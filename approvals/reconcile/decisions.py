"""What time, policy or late evidence decide of a request, without anybody pressing anything."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec

from approvals import transitions
from approvals.again import again
from approvals.changes import Change
from approvals.freezes.frozen import Freeze
from approvals.guards import Guard
from approvals.ids import request_subject
from approvals.judging.case import Case
from approvals.judging.cases import Cases
from approvals.policy.selectors import directory_groups
from approvals.ports.store import Reads, Requests
from approvals.refusals.errors import Refused, Unavailable
from approvals.requests import Request, approval_over, is_over, undecided, unshut, usable
from approvals.starting import scheduled

# What the policy itself no longer offers, and what there is no more to continue.
_FINAL = frozenset({"terms", "entitlement", "duration", "justification", "extends"})
_FENCED = frozenset({"guardrail.role", "guardrail.self"})


class DecisionStore(Requests, Reads, Protocol):
    """The part of a store that decisions need."""


class Decisions:
    """Decides what is overdue."""

    def __init__(
        self,
        *,
        store: DecisionStore,
        cases: Cases,
        freeze: Freeze,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._cases = cases
        self._freeze = freeze
        self._clock = clock

    def settle(self, request_id: str) -> Case:
        """Commit what is overdue, and return what the request has become. Raises `Conflict`."""
        return again(lambda: self._settled(request_id), changing="the request")

    def _settled(self, request_id: str) -> Case:
        request = self._store.request(request_id)
        guards = self._guards(request)
        case = self._cases.of(request, now=self._clock(), survey=True)
        change = self._overdue(case, guards)
        if change is None:
            return case
        others = tuple(subject for subject in change.wake if subject != request_subject(request_id))
        self._freeze.kept(partial(self._store.commit, msgspec.structs.replace(change, wake=others)))
        return self._cases.of(change.request, now=self._clock())

    def unsure(self, case: Case) -> bool:
        """It waits, and whether the policy offers it still, or a group is open to it, can be another one soon."""
        if not undecided(case.request):
            return False
        try:
            case.offer()
        except Unavailable:
            return True
        except Refused:
            return False
        try:
            self._cases.require_free(case)
        except (Refused, Unavailable):
            return True
        return False

    def _guards(self, request: Request) -> tuple[Guard, ...]:
        """What an approval holds on to, read before all that it is made of; nothing where a freeze stops it."""
        try:
            return self._freeze.guards(request.terms.entitlement, request.requester)
        except (Refused, Unavailable):
            return ()

    def _overdue(self, case: Case, guards: tuple[Guard, ...]) -> Change | None:
        now, request = self._clock(), case.request
        if not undecided(request):
            return self._approved(case, guards, now=now)
        if is_over(request, now=now):
            return transitions.expire(request, reason="time", now=now)
        try:
            self._cases.require_continuing(case, now=now)
            case.offer()
            return self._approval(case, guards, now=now) if guards else None
        except Unavailable:
            return None
        except Refused as refusal:
            if not _for_good(refusal, case):
                return None
            return transitions.expire(request, reason=refusal.reason, now=now)

    def _approved(self, case: Case, guards: tuple[Guard, ...], *, now: datetime) -> Change | None:
        """What becomes by now of something that was approved."""
        if scheduled(case.request):
            return self._beginning(case, guards, now=now)
        if over := approval_over(case.request):
            return transitions.lapse(case.request, now=now) if over <= now else None
        generation = self._cases.generation()
        if usable(case.request):
            return _unused(case.request, generation=generation, now=now)
        return _uncounted(case.request, generation=generation, now=now) if unshut(case.request) else None

    def _beginning(self, case: Case, guards: tuple[Guard, ...], *, now: datetime) -> Change | None:
        """What the moment brings at which access begins: that, or by the policy of now nothing.

        Who approved has decided; but the policy can still refuse, or demand more than they met.
        """
        request = case.request
        if request.grant is None or now < request.grant.window.start:
            return None
        if now >= request.grant.window.end:
            return transitions.lapse(request, now=now)
        if not guards:
            return None
        try:
            case.require_demanded()
        except Unavailable:
            return None
        except Refused as refusal:
            return transitions.withhold(request, cause=refusal.reason, now=now)
        return msgspec.structs.replace(transitions.begin(request, now=now), guards=guards)

    def _approval(self, case: Case, guards: tuple[Guard, ...], *, now: datetime) -> Change:
        change = self._cases.approval(case, now=now)
        return msgspec.structs.replace(change, guards=(*guards, *change.guards))


def _for_good(refusal: Refused, case: Case) -> bool:
    """The policy itself says so.

    What people and directories answer may change until the time is over; every click asks them again.
    """
    policy = case.policy
    found = policy.entitlements.get(case.request.terms.entitlement)
    if refusal.code == "guardrail.said":
        denied = policy.guardrails.denials(found.places) if found is not None else ()
        return bool(denied) and not directory_groups(policy, tuple(who for each in denied for who in each.who))
    if refusal.kind != "requester":
        return refusal.kind in _FINAL or refusal.code in _FENCED
    asked = policy.named(case.request.terms.entitlement)
    return asked is not None and not directory_groups(policy, asked.requesters)


def _uncounted(request: Request, *, generation: str, now: datetime) -> Change | None:
    """What ends a window of several calls whose time is over."""
    with suppress(Refused):
        return transitions.shut_in_time(request, generation=generation, now=now)
    return None


def _unused(request: Request, *, generation: str, now: datetime) -> Change | None:
    """What ends an approval that nobody used in time, or that a restored store knows too little of."""
    with suppress(Refused):
        return transitions.lapse_unused(request, generation=generation, now=now)
    return None
