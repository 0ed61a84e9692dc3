"""What people of a world do about terms: they want access for longer, offer less, and accept it."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from approvals.policy.evaluate import Ask
from approvals.requests import Request
from approvals.revisions import Less
from tests.support.doubles import Clock

if TYPE_CHECKING:
    from approvals.identities import Identity
    from approvals.tokens import Tokens
    from approvals.uses import Uses
    from approvals.uses.votes import Voted


class Wishes:
    """A part of `World`, which has the rest."""

    uses: "Uses"
    tokens: "Tokens"
    clock: Clock
    identity: Callable[[str], "Identity"]
    read: Callable[[Request], Request]
    press: Callable[[str, Request], "Voted"]
    pass_: Callable[[], None]
    state: Callable[[Request], str]

    def file_from(
        self,
        start: timedelta,
        *,
        minutes: int = 60,
        entitlement: str = "admin",
        **said: Any,
    ) -> Request:
        """Ask for access that begins so long from now."""
        ask = Ask(
            entitlement=entitlement,
            duration=timedelta(minutes=minutes),
            justification="INC-42",
            start=self.clock() + start,
            **said,
        )
        identity, now = self.identity("alice@example.com"), self.clock()
        return self.uses.asking.file(identity, ask, key=f"from {start} {now} {said}", now=now)

    def scheduled(self, start: timedelta, *, minutes: int = 60, entitlement: str = "admin") -> Request:
        """The same, approved by as many as it takes."""
        request = self.file_from(start, minutes=minutes, entitlement=entitlement)
        for approver in ("bob@example.com", "carol@example.com"):
            if self.read(request).state == "pending":
                self.press(approver, request)
        self.pass_()
        assert self.state(request) == "scheduled"
        return self.read(request)

    def extend(self, person: str, request: Request, *, minutes: int | None = 60, key: str = "extend") -> Request:
        """Ask that access lasts for longer."""
        more = timedelta(minutes=minutes) if minutes is not None else None
        identity, asking = self.identity(person), self.uses.asking
        return asking.extend(
            identity, request.id, duration=more, justification="INC-42", key=key, now=self.clock()
        )

    def offer(
        self,
        person: str,
        request: Request,
        *,
        minutes: int | None = None,
        keep: tuple[int, ...] | None = None,
        why: str = "",
        token: str = "",
    ) -> Request:
        """An approver offers less, by a card that was drawn just now."""
        token = token or self.tokens.mint(self.read(request), act="review", now=self.clock())
        duration = timedelta(minutes=minutes) if minutes is not None else None
        less, identity = Less(duration=duration, keep=keep), self.identity(person)
        return self.uses.countering.offer(identity, token, less, why=why, now=self.clock())

    def accept(self, person: str, request: Request, *, token: str = "") -> Request:
        """The requester accepts what is offered now."""
        token = token or self.tokens.mint(self.read(request), act="accept", now=self.clock())
        return self.uses.countering.accept(self.identity(person), token, now=self.clock())

    def extended(self, request: Request, *, minutes: int = 60) -> Request:
        """A request that goes on for longer, approved, and its binding made."""
        later = self.extend(request.requester, request, minutes=minutes, key=f"extend {request.id}")
        self.press("bob@example.com", later)
        self.pass_()
        assert self.state(later) == "active"
        return self.read(later)
