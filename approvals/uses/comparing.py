"""Holding one policy, or who is in one group, against the records, and having taken out what is over."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals.access.bindings import member, window_of
from approvals.access.claims import claims
from approvals.ids import binding_subject
from approvals.ledgers.ledger import decoded
from approvals.ports.store import OnResource
from approvals.ports.targets import Binding, Granter
from approvals.refusals.errors import CountersignError, NotFound, Unreadable
from approvals.requests import Request
from approvals.standing.drift import Found, Look, Records, Used, drifted, named_by, removable
from approvals.standing.drift_in_groups import Within, drifted_members, over_members
from approvals.uses.taking_out import Over, TakingOut

READ = 5.0
"""Seconds for reading one policy, or one group."""


class ComparedStore(Protocol):
    """The part of a store that comparing needs."""

    def on(self, resource: str) -> OnResource: ...
    def recorded(self, subject: str) -> bytes: ...
    def request(self, request_id: str) -> Request: ...


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group to be looked at: the requests that may tell who is in it, and how long such access may last."""

    past: Sequence[str]
    longest: timedelta


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What drifted on one resource, what was taken out of it, and by what the rest was not, if it was not."""

    found: Sequence[Found]
    removed: Sequence[Found] = ()
    error: CountersignError | None = None


class Comparing(msgspec.Struct, frozen=True, kw_only=True):
    """One look at everything. `instance` is this installation's name."""

    store: ComparedStore
    granter: Granter
    instance: str
    used: Used
    now: datetime
    taking_out: TakingOut | None = None

    def policy(self, place: str, roles: frozenset[str]) -> Compared:
        """What drifted in one policy, and what was taken out of it. Raises a `GranterError`."""
        look = self._look(place, roles, self.now)
        return self._told(
            place, [*drifted(look)], over=bool(removable(look)), again=lambda now: self._over(place, roles, now)
        )

    def group(self, place: str, group: Group) -> Compared:
        """What drifted in one group, and who was taken out of it. Raises a `GranterError`."""
        within = self._within(place, group, self.now)
        return self._told(
            place,
            [*drifted_members(within)],
            over=bool(over_members(within)),
            again=lambda now: self._out(place, group, now),
        )

    def _told(self, place: str, found: list[Found], *, over: bool, again: Callable[[datetime], Over]) -> Compared:
        if self.taking_out is None or not over:
            return Compared(found=found)
        out = self.taking_out.at(place, again)
        removed = [self._taken(place, *each) for each in out.taken]
        return Compared(found=[each for each in found if each not in removed], removed=removed, error=out.error)

    def _taken(self, place: str, binding: Binding, request: str) -> Found:
        """What was taken out, as a look tells it, also where only the second one saw it."""
        window = window_of(binding.expression)
        return Found(
            kind="over",
            resource=place,
            role=binding.role,
            member=binding.member,
            condition=binding.expression,
            title=binding.title,
            request=request,
            gives=window is None or window[0].start <= self.now < window[0].end,
        )

    def _over(self, place: str, roles: frozenset[str], now: datetime) -> Over:
        """All that is to go from a policy, by one write under its etag."""
        look = self._look(place, roles, now)
        piece = [(binding, named_by(binding)) for binding in removable(look)]
        return Over(snapshot=look.snapshot, pieces=[piece] if piece else [])

    def _out(self, place: str, group: Group, now: datetime) -> Over:
        """Who is to go from a group, one by one: Google has no write of several."""
        within = self._within(place, group, now)
        return Over(snapshot=within.snapshot, pieces=[[each] for each in over_members(within)])

    def _look(self, place: str, roles: frozenset[str], now: datetime) -> Look:
        """Read the policy, and then the records: what was ended in between is seen as ended."""
        snapshot = self.granter.read(place, timeout=READ, reason=_REASON)
        return Look(snapshot=snapshot, roles=roles, records=self._records(place), used=self.used, now=now)

    def _within(self, place: str, group: Group, now: datetime) -> Within:
        """The same of a group."""
        snapshot = self.granter.read(place, timeout=READ, reason=_REASON)
        records = self._records(place)
        past = [found for each in group.past if (found := self._request(each)) is not None]
        return Within(snapshot=snapshot, records=records, past=past, longest=group.longest, now=now)

    def _records(self, place: str) -> Records:
        held = self.store.on(place)
        ledger = decoded(self.store.recorded(binding_subject(place)))
        return Records(
            instance=self.instance,
            held=claims(held.requests, resource=place),
            ledger=frozenset(known.mark for known in ledger.known),
            unjudged=frozenset(member(each.requester) for each in held.damaged),
            request=self._request,
        )

    def _request(self, request: str) -> Request | None:
        try:
            return self.store.request(request)
        except (NotFound, Unreadable):
            return None


_REASON = "countersign drift"
