"""A second channel, for tests alone: a counter in the lobby, with a board."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from approvals.people.accounts import How, Purpose
from approvals.people.principals import IdentityRules, Means
from approvals.refusals.errors import NotFound, Unavailable
from handlers.wording.refusing.refusals import Said
from tests.support.doubles import Room

BADGE = How(amr=("hwk",))


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """An account of the lobby. It decides only for who showed a badge, then."""

    ref: str
    email: str
    name: str
    read_at: datetime
    how: How = How()
    guest: bool = False
    means: Means = "chat"
    left: bool = False

    def require(self, rules: IdentityRules, *, purpose: Purpose, how: How) -> None:
        if purpose == "decide" and "hwk" not in how.amr:
            raise Said("badge", "Show your badge.")


class Lobby:
    """Implements `Accounts`, and has a board for messages. Asked later, it knows who works here, and no badges."""

    def __init__(self, clock: Callable[[], datetime], *, channel: str = "lobby") -> None:
        self._clock = clock
        self._channel = channel
        self.left: set[str] = set()
        self.down = False
        self.board = Room()

    def enter(self, person: str, how: How = BADGE) -> Visitor:
        """Somebody stands at the counter."""
        return Visitor(ref=f"{self._channel}:{person}", email=person, name=person, read_at=self._clock(), how=how)

    def account(self, ref: str, *, timeout: float) -> Visitor:
        if self.down:
            raise Unavailable("nobody is at the counter")
        person = ref.removeprefix(f"{self._channel}:")
        if person in self.left:
            raise NotFound(f"{person} does not work here any more")
        return self.enter(person, How())
