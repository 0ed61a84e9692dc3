"""Who is in one group of the directory beside what is ours and should: for good, longer than anything that is
offered, otherwise than we let them in, or after their time with us was over.

A membership names no request. Ours is known as the work on memberships knows it: by the person, and by the second
at which it ends.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from approvals.access.bindings import Mark, member, own_marks, plain_member, wanted, window_of
from approvals.access.claims import Claim, claims
from approvals.ports.targets import INSIDE, Binding, Snapshot
from approvals.requests import Request
from approvals.standing.drift import Found, Records

_OUTSIDE = "outside"  # the cause of a grant that somebody else's change took away
_Kind = Literal["changed", "over", "lookalike", "standing"]


class Within(msgspec.Struct, frozen=True, kw_only=True):
    """What the members of one group are held against.

    `past` are requests for it that gave access and whose time is not over, as far as they were gone through.
    `longest` is as long as access by the policy lasts there at most, extensions included. `now` is not after the
    reading began.
    """

    snapshot: Snapshot
    records: Records
    past: Sequence[Request]
    longest: timedelta
    now: datetime

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Everything that the records say of this group, each request once."""
        held = {each.request for each in self.records.held}
        others = [each for each in self.past if each.id not in held]
        return (*self.records.held, *claims(others, resource=self.snapshot.resource))


def drifted_members(look: Within) -> Iterator[Found]:
    """Everything that is to be said of one group, member by member."""
    judged = _Judged(look)
    for binding in (*look.snapshot.bindings, *look.snapshot.raw.get(INSIDE, ())):
        if not _manages_as_program(binding) and (found := judged.of(binding)) is not None:
            yield found
    yield from judged.missing()


def over_members(look: Within) -> tuple[tuple[Binding, str], ...]:
    """Memberships that were provably ours and are over, each with the request whose it is.

    The person and the second of its end are those of a closed grant's own, and nobody's grant calls for anything
    of that person in this group.
    """
    judged = _Judged(look)
    return tuple(
        (binding, request) for binding in look.snapshot.bindings if (request := judged.closed(binding)) is not None
    )


class _Judged:
    """One group's members, held against the records."""

    def __init__(self, look: Within) -> None:
        self._look = look
        self._should = wanted(look.records.held, instance=look.records.instance, now=look.now)
        self._claims = look.claims
        self._live = {member(each.person): each for each in self._claims if each.live}

    def of(self, binding: Binding) -> Found | None:
        mark = _mark(binding)
        if mark in self._should:
            return None
        if live := self._live.get(mark.member):
            # With an end of one of ours it is being worked on, as after an extension.
            ours = mark in self._look.records.ledger or mark in own_marks(self._look.records.held)
            return None if ours else self._found("changed", binding, request=live.request)
        if (closed := self.closed(binding)) is not None:
            return self._found("over", binding, request=closed)
        if mark in self._look.records.ledger:
            return self._found("over", binding)
        if (changed := self._taken_from(mark.member)) is not None:
            return self._found("changed", binding, request=changed)
        return self._found("lookalike" if self._is_short(binding) else "standing", binding)

    def closed(self, binding: Binding) -> str | None:
        """The request whose closed grant left exactly this membership; None where it is no such one.

        What lives by the records does so whatever time the clock of this machine says.
        """
        mark = _mark(binding)
        if not binding.expression or mark.member in self._live or mark.member in self._look.records.unjudged:
            return None
        of = (each for each in self._claims if mark in own_marks([each]))
        return next((each.request for each in of), None)

    def missing(self) -> Iterator[Found]:
        """Ours that somebody took out early. Grants that changed since then are left to the next look."""
        present = {plain_member(binding.member) for binding in self._look.snapshot.bindings}
        for claim in self._look.records.held:
            if claim.state != "active" or claim.updated >= self._look.now:
                continue
            for mark in own_marks([claim]):
                if mark in self._should and mark.member not in present:
                    yield Found(
                        kind="missing",
                        resource=self._look.snapshot.resource,
                        role=mark.role,
                        member=mark.member,
                        condition=mark.expression,
                        request=claim.request,
                        gives=False,
                    )

    def _taken_from(self, who: str) -> str | None:
        """The request whose grant was closed because somebody changed this member's place in the group."""
        return next((request.id for request in self._look.past if _was_taken(request, who)), None)

    def _is_short(self, binding: Binding) -> bool:
        """It ends by itself, and no later than one of ours could."""
        window = window_of(binding.expression)
        return window is not None and window[0].end <= self._look.now + self._look.longest

    def _found(self, kind: _Kind, binding: Binding, *, request: str = "") -> Found:
        return Found(
            kind=kind,
            resource=self._look.snapshot.resource,
            role=binding.title or binding.role,
            member=binding.member,
            condition=binding.expression,
            request=request,
        )


def _was_taken(request: Request, who: str) -> bool:
    return member(request.requester) == who and any(grant.cause == _OUTSIDE for grant in request.grants)


def _manages_as_program(binding: Binding) -> bool:
    """A service account that manages the group, as this service has to."""
    return binding.member.startswith("serviceAccount:") and binding.title == "MANAGER"


def _mark(binding: Binding) -> Mark:
    return Mark(role=binding.role, member=plain_member(binding.member), expression=binding.expression)
