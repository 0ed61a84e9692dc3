"""What goes wrong on purpose: crashes at any store write or outside call, and calls that fail or lie."""

import contextlib
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Literal

from approvals.backends.granters.google_groups import GoogleGroups
from approvals.ports.messages import Messenger, Notice, Posted
from approvals.ports.targets import Binding, Forbidden, Granter, GranterError, Snapshot, Unsure
from approvals.refusals.errors import Unavailable
from approvals.targets import GROUPS
from approvals.telling.cards import Card
from sandbox.google.errors import GoogleError
from tests.support.direct import deferring
from tests.support.doubles import Clock

Fate = Literal["well", "dropped", "lost", "late", "refused"]
"""How a call goes: as it should; without effect and answer; with effect and without answer; with an effect that
comes after the answer was given up; refused."""

WRITES = frozenset({"create", "commit", "lease", "save", "release", "wake", "append", "advance", "keep"})


class Crash(BaseException):
    """The process dies here. No handler of ours catches it."""


class Doom:
    """Counts the moments just before and just after every store write and outside call, and crashes at one."""

    def __init__(self) -> None:
        self.left: int | None = None

    def moment(self, _name: str = "") -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            raise Crash

    def write(self, name: str) -> None:
        """A moment at a store's method, if that one writes."""
        if name in WRITES:
            self.moment()


class Fates:
    """What happens to the coming outside calls, in order; after that they go well. IAM writes have their own."""

    def __init__(self) -> None:
        self.coming: list[Fate] = []
        self.writes: list[Fate] = []

    def next(self) -> Fate:
        return self.coming.pop(0) if self.coming else "well"

    def next_write(self) -> Fate:
        return self.writes.pop(0) if self.writes else "well"


class TroubledGranter:
    """A `Granter` whose calls fail by fate. A late write arrives at the last moment before its deadline."""

    def __init__(
        self, granter: Granter, *, doom: Doom, fates: Fates, clock: Clock, groups: GoogleGroups | None = None
    ) -> None:
        """`groups` is the part of the granter that changes memberships, each by a call of its own."""
        self._granter = granter
        self._groups = groups
        self._doom = doom
        self._fates = fates
        self._clock = clock
        self._late: list[tuple[datetime, Callable[[], object], Collection[Binding]]] = []
        self.writes = 0

    @property
    def under_way(self) -> list[Binding]:
        """What writes would add that were sent and have not arrived."""
        return [binding for _, _, add in self._late for binding in add]

    @property
    def is_anything_under_way(self) -> bool:
        return bool(self._late)

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        self._doom.moment()
        fate = self._fates.next()
        if fate == "refused":
            raise Forbidden("no permission to read")
        if fate == "late":
            self._clock.advance(4)
        elif fate != "well":
            raise Unsure("no answer")
        snapshot = self._granter.read(resource, timeout=timeout, reason=reason)
        self._doom.moment()
        return snapshot

    def write(
        self,
        snapshot: Snapshot,
        *,
        remove: Collection[Binding],
        add: Collection[Binding],
        timeout: float,
        reason: str,
    ) -> None:
        def send() -> None:
            self.writes += 1
            self._granter.write(snapshot, remove=remove, add=add, timeout=timeout, reason=reason)

        self._doom.moment()
        fate = self._fates.next_write()
        if fate == "refused":
            raise Forbidden("no permission to write")
        if fate == "dropped":
            raise Unsure("no answer")
        if fate == "late":
            deadline = self._clock() + timedelta(seconds=timeout)
            if self._groups is None or not snapshot.resource.startswith(GROUPS):
                self._late.append((deadline, send, add))
                raise Unsure("no answer")
            # Nothing holds back a change of a membership once it was sent.
            with deferring(self._groups) as sent, contextlib.suppress(GranterError):
                send()
            self._late += [(deadline, each, add) for each in sent]
            raise Unsure("no answer")
        send()
        self._doom.moment()
        if fate == "lost":
            raise Unsure("the answer was lost")

    def arrive(self, until: datetime) -> None:
        """Let the late writes arrive whose last moment is not after `until`."""
        due = [send for deadline, send, _ in self._late if deadline <= until]
        self._late = [late for late in self._late if late[0] > until]
        for send in due:
            with contextlib.suppress(GranterError, GoogleError):
                send()


class TroubledMessenger:
    """A `Messenger` whose calls fail by fate."""

    def __init__(self, messenger: Messenger, *, doom: Doom, fates: Fates) -> None:
        self._messenger = messenger
        self._doom = doom
        self._fates = fates

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        fate = self._before()
        posted = self._messenger.post(notice, card, timeout=timeout)
        self._after(fate)
        return posted

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None:
        fate = self._before()
        self._messenger.redraw(posted, notice, card, timeout=timeout)
        self._after(fate)

    def _before(self) -> Fate:
        self._doom.moment()
        fate = self._fates.next()
        if fate in {"dropped", "refused"}:
            raise Unavailable("no answer")
        return fate

    def _after(self, fate: Fate) -> None:
        self._doom.moment()
        if fate != "well":
            raise Unavailable("the answer was lost")
