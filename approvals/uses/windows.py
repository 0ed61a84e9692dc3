"""Windows of several calls: whether one is open for a call that an agent asks for, or is about to make.

All of it is held against this moment: a window is as good as its approval would be today.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from approvals import transitions
from approvals.answers import MarksStore
from approvals.auditing import takings, windowed
from approvals.changes import Change
from approvals.guards import Guard, Seen
from approvals.ids import is_request_id
from approvals.judging.behalf import held
from approvals.judging.case import Case
from approvals.judging.cases import Cases
from approvals.policy.acting import ALLOW, ActionOffer
from approvals.policy.tools import CallWindow
from approvals.ports.store import Reads
from approvals.refusals.errors import NotFound, Refused, Unreadable
from approvals.requests import Request, Settled, counting
from approvals.terms.records import Within
from approvals.times import whole_seconds
from approvals.votes.tally import Met
from countersign_client.chain import Entry

_NEAR = 2
"""The opener's own use, or its lapse, may have come after the call."""


class WindowsStore(Reads, MarksStore, Protocol):
    """The part of a store that windows need."""

    def entries(self, chain: str) -> Sequence[Entry]: ...

    def entries_after(self, chain: str, *, seq: int, limit: int) -> Sequence[Entry]: ...


class Open(msgspec.Struct, frozen=True):
    """A window from which a call can be taken now: its request, as it was read, until when, and by whose votes.

    `guards`: what that holds on to besides, where somebody counts by another's right.
    """

    opener: Request
    until: datetime
    met: Met
    guards: tuple[Guard, ...]


class Holds(msgspec.Struct, frozen=True):
    """What the commit that makes a call holds on to: its window's request as it was read, and its guards."""

    seen: tuple[Seen, ...] = ()
    guards: tuple[Guard, ...] = ()


class Taken(msgspec.Struct, frozen=True):
    """A call that is approved by a window, and how that counts it: both are kept, or neither is."""

    change: Change
    opener: Change


class Asking(Protocol):
    """Makes the change that files a call, of a window where one is given."""

    def __call__(self, *, within: Within, until: datetime) -> Change: ...


class Windows:
    """Finds windows, and takes calls from them."""

    def __init__(self, *, store: WindowsStore, cases: Cases) -> None:
        self._store = store
        self._cases = cases

    def taken(self, call: Request, asking: Asking, offer: ActionOffer, *, now: datetime) -> Taken | None:
        """Take a call from the window that is open for it, as it would be filed by itself; None where none is.

        Raises `Unavailable` where nobody knows whether it is.
        """
        found = self._found(call, offer, now=now)
        if found is None:
            return None
        filed = asking(within=transitions.next_of(found.opener), until=found.until)
        generation = self._cases.generation()
        change = transitions.both(
            filed,
            lambda taken: transitions.approve_taken(
                taken, opener=found.opener, met=found.met, policy=offer.policy, generation=generation, now=now
            ),
        )
        change = msgspec.structs.replace(change, guards=found.guards)
        return Taken(change, transitions.take(found.opener, taken=filed.request, now=now))

    def _found(self, call: Request, offer: ActionOffer, *, now: datetime) -> Open | None:
        opener = self._marked(transitions.mark_name(call)) if offer.action.window is not None else None
        if opener is None or offer.requirement == ALLOW:
            return None
        try:
            return self._open(opener, call, offer, number=transitions.next_of(opener).number, now=now)
        except Refused:
            return None

    def stands(self, taken: Request, *, now: datetime) -> bool:
        """A call that was approved by a window can be made by it still. Raises `Unavailable`."""
        try:
            self.still(taken, self._cases.of(taken, now=now, using=True), now=now)
        except Refused:
            return False
        return True

    def still(self, taken: Request, case: Case, *, now: datetime) -> Holds:
        """Raise `Settled` or `Refused` where the window of a call is over before that was made.

        Returns what the commit that makes it holds on to: nothing of what a guardrail allows by now. `case` is the
        call's, and of this moment.
        """
        offer, within = case.offer(), taken.terms.within
        if offer.requirement == ALLOW:
            return Holds()
        opener = self._read(within.request) if within is not None else None
        if opener is None or within is None or not isinstance(offer, ActionOffer):
            raise Settled("window.over", taken)
        try:
            found = self._open(opener, taken, offer, number=within.number, now=now)
        except Refused:
            raise Settled("window.over", taken) from None
        if not self._counts(opener, taken):
            raise Settled("window.over", taken)
        return Holds((Seen(request=opener.id, version=opener.version),), found.guards)

    def _counts(self, opener: Request, call: Request) -> bool:
        """The window's own chain counts this very call by its number, as whoever audits it will find."""
        found = windowed.taken(call)
        opening = windowed.opening(opener, self._count(opener, found.number)) if found is not None else None
        if found is None or opening is None:
            return False
        return not any(takings.contradictions(call.id, found, opening))

    def _count(self, opener: Request, number: int) -> Sequence[Entry]:
        """The entry that counts a call of this number: hardly any but those of later ones stand behind it."""
        behind = opener.window.taken - number if opener.window is not None else 0
        near = self._store.entries_after(opener.id, seq=max(0, opener.seq - behind - _NEAR), limit=_NEAR)
        return near if any(_is_count(each, number) for each in near) else self._store.entries(opener.id)

    def _open(self, opener: Request, call: Request, offer: ActionOffer, *, number: int, now: datetime) -> Open:
        """The window, if this call can be its `number`-th now. Raises `Refused` or `Unavailable`."""
        until = self._require_standing(opener, offer.action.window, number=number, now=now)
        _require_same(opener, call, offer)
        case = self._cases.of(_undecided(opener), now=now)
        if case.offer().requirement != opener.terms.requirement:
            raise Refused("terms.changed")
        return Open(opener, until, case.met()[0], held(case))

    def _require_standing(
        self, opener: Request, rule: CallWindow | None, *, number: int, now: datetime
    ) -> datetime:
        """Until when it stands, by its record and by the policy of now, the narrower of the two."""
        window, decision = opener.window, opener.decision
        ended = window is None or window.shut is not None or (number > window.taken and not counting(opener))
        lapsed = opener.lapsed is not None and opener.lapsed.cause != "time"
        if window is None or decision is None or rule is None or ended or lapsed:
            raise Settled("window.over", opener)
        if opener.generation != self._cases.generation():
            raise Settled("unusable.restored", opener)
        # In whole seconds: what is left is the time in which a call can be used, and is never none.
        until = min(window.until, whole_seconds(decision.at) + rule.lasts)
        if max(now, opener.updated) >= until or number > min(window.uses, rule.uses):
            raise Settled("window.over", opener)
        return until

    def _marked(self, name: str) -> Request | None:
        found = self._store.mark(name)
        return None if found is None else self._read(found.decode(errors="replace"))

    def _read(self, name: str) -> Request | None:
        if not is_request_id(name):
            return None
        try:
            return self._store.request(name)
        except (NotFound, Unreadable):
            return None


def _is_count(entry: Entry, number: int) -> bool:
    return entry.action == "window.taken" and entry.detail["number"] == number


def _require_same(opener: Request, call: Request, offer: ActionOffer) -> None:
    """The call asks of people just what that one did, for the same person, whom nothing weaker proves."""
    same = transitions.mark_name(opener) == transitions.mark_name(call)
    proven = [each.terms.person.proven if each.terms.person is not None else "" for each in (opener, call)]
    # Whom the agent names by its word alone has confirmed that window, or confirms the call.
    weaker = proven[1] == "asserted" != proven[0]
    if not same or weaker or offer.requirement != opener.terms.requirement:
        raise Refused("terms.changed")


def _undecided(opener: Request) -> Request:
    """As it was when it was decided: whether its votes would do today is then judged as they were."""
    return msgspec.structs.replace(opener, state="pending", decision=None, used=None, lapsed=None, window=None)
