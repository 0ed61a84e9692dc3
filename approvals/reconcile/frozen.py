"""What one pass over bindings may still write while everything is frozen, or a person or an entitlement is."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

from approvals.access.bindings import Key, Mark, Wanted, keys, own_marks
from approvals.access.claims import Claim
from approvals.freezes.frozen import Freeze
from approvals.freezes.narrowing import narrowed, narrows
from approvals.ids import request_subject
from approvals.ports.store import Work
from approvals.ports.targets import Binding

THAW = timedelta(seconds=15)
"""How often it is looked whether what a freeze holds up can be written now."""


class FrozenWrites:
    """Asks for the freeze before each plan and before each write. `clock` is the pass's."""

    def __init__(self, freeze: Freeze, *, store: Work, clock: Callable[[], datetime]) -> None:
        self._freeze = freeze
        self._store = store
        self._clock = clock
        self._held_up = False
        self._held: Collection[Claim] = ()

    def left(
        self,
        want: Mapping[Mark, Wanted],
        present: Mapping[Mark, Iterable[Binding]],
        held: Collection[Claim],
    ) -> Mapping[Mark, Wanted]:
        """What of the wanted bindings may be there now: all, or what gives nobody more whom a freeze holds up.

        What a freeze does not hold up counts as if it were there already.

        The messages of requests that wait for more are brought up to date.
        """
        self._held_up, self._held = False, held
        if want.keys() <= present.keys():
            # Nothing is to be written that a freeze could hold up.
            return want
        stopped = self._stopped()
        if not stopped:
            return want
        touched = _keys(stopped)
        free = {mark: each for mark, each in want.items() if mark.key not in touched}
        want = {mark: each for mark, each in want.items() if mark.key in touched}
        there: list[Binding | Mark] = [binding for bindings in present.values() for binding in bindings]
        there += self._exempt(stopped)
        windows = {claim.request: claim.window for claim in held}
        waiting = {claim.request for claim in held if claim.state == "activating"}
        given = {claim.request for claim in held if claim.state == "active"} - waiting
        found = narrowed(want, there, windows, given)
        self._held_up = found.keys() != want.keys()
        for request in _requests(want) - _requests(found):
            self._store.wake(request_subject(request), due=self._clock())
        return {**free, **found}

    def allow(self, *, add: Collection[Binding], remove: Collection[Binding]) -> bool:
        """Say, just before a write is sent, whether it may be. What adds nothing gives nobody more."""
        if not add:
            return True
        stopped = self._stopped()
        touched = _keys(stopped)
        more = [binding for binding in add if _mark(binding).key in touched]
        return not stopped or narrows(add=more, remove=[*remove, *self._exempt(stopped)])

    def _stopped(self) -> Collection[Claim]:
        """The live claims that a freeze holds up as it is now. What the policy exempts is so from that of all.

        Where nothing lives there is nothing to hold up, and nothing is asked.
        """
        live = [claim for claim in self._held if claim.live]
        if not live:
            return []
        epoch, parts = self._freeze.whole()
        return [
            claim
            for claim in live
            if (epoch.frozen and not claim.under_freeze) or parts.holds(claim.entitlement, claim.person)
        ]

    def _exempt(self, stopped: Collection[Claim]) -> Collection[Mark]:
        return own_marks(claim for claim in self._held if claim.live and claim not in stopped)

    @property
    def again(self) -> Collection[datetime]:
        """When to look again because of the freeze: once or never."""
        return [self._clock() + THAW] if self._held_up else []


def _keys(held: Iterable[Claim]) -> set[Key]:
    return {key for claim in held for key in keys(claim)}


def _mark(binding: Binding) -> Mark:
    return Mark(role=binding.role, member=binding.member.lower(), expression=binding.expression)


def _requests(bindings: Mapping[Mark, Wanted]) -> set[str]:
    return {request for each in bindings.values() for request in each.requests}
