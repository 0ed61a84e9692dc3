"""What one pass over bindings may still write while everything is frozen."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

from approvals.bindings import Mark, Wanted, own_marks
from approvals.claims import Claim
from approvals.freezing import Freeze
from approvals.ids import request_subject
from approvals.narrowing import narrowed, narrows
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
        self._exempt: Collection[Mark] = ()

    def left(
        self,
        want: Mapping[Mark, Wanted],
        present: Mapping[Mark, Iterable[Binding]],
        held: Collection[Claim],
    ) -> Mapping[Mark, Wanted]:
        """What of the wanted bindings may be there now: all, or while everything is frozen what gives nobody more.

        What the policy exempts from a freeze counts as if it were there already.

        The messages of requests that wait for more are brought up to date.
        """
        self._held_up = False
        if not self._freeze.epoch().frozen:
            return want
        self._exempt = own_marks(claim for claim in held if claim.under_freeze and claim.live)
        there: list[Binding | Mark] = [binding for bindings in present.values() for binding in bindings]
        there += self._exempt
        windows = {claim.request: claim.window for claim in held}
        waiting = {claim.request for claim in held if claim.state == "activating"}
        given = {claim.request for claim in held if claim.state == "active"} - waiting
        found = narrowed(want, there, windows, given)
        self._held_up = found.keys() != want.keys()
        for request in _requests(want) - _requests(found):
            self._store.wake(request_subject(request), due=self._clock())
        return found

    def allow(self, *, add: Collection[Binding], remove: Collection[Binding]) -> bool:
        """Say, just before a write is sent, whether it may be."""
        return narrows(add, [*remove, *self._exempt]) or not self._freeze.epoch().frozen

    @property
    def again(self) -> Collection[datetime]:
        """When to look again because of the freeze: once or never."""
        return [self._clock() + THAW] if self._held_up else []


def _requests(bindings: Mapping[Mark, Wanted]) -> set[str]:
    return {request for each in bindings.values() for request in each.requests}
