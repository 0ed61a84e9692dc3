"""People as applications bring them. Who one of them is was proven by the call; nobody can be asked later."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from approvals.people.accounts import How, Purpose, channel_of
from approvals.people.principals import IdentityRules, Means
from approvals.refusals.errors import NotFound, Refused
from handlers.applications.settings import SCHEME


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """Implements `Account`: a person on whose behalf an application asks, by what its reference says."""

    ref: str
    email: str
    read_at: datetime
    how: How = How()
    name: str = ""
    guest: bool = False
    means: Means = "web"
    left: bool = False

    def require(self, rules: IdentityRules, *, purpose: Purpose, how: How) -> None:
        """Raise `Refused` for every decision: by an application somebody asks and nothing else."""
        if purpose == "decide":
            raise Refused("bot")


class BroughtAccounts:
    """Implements `Accounts`, as far as anybody can: what a reference (`application:APP/PRINCIPAL`) says."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def account(self, ref: str, *, timeout: float) -> Brought:
        """Somebody by their reference alone. Raises `NotFound` for what is none."""
        application, _, principal = ref.removeprefix(f"{SCHEME}:").partition("/")
        if channel_of(ref) != SCHEME or not application or not principal:
            raise NotFound(f"{ref!r} is nobody whom an application brings")
        return Brought(ref=ref, email=principal, read_at=self._clock())
