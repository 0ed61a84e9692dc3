"""A call as its function sees it, and what that answers."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from approvals.answers import Call
from approvals.changes import Beside
from approvals.identities import Identity
from approvals.people.accounts import Account
from approvals.requests import Request
from approvals.uses.commits import With
from handlers.wire import reading

T = TypeVar("T", bound=msgspec.Struct)
S = TypeVar("S")


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls: the account that the proxy named, and who that is here."""

    account: Account
    identity: Identity


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One call by somebody who may come in. `rest` are the parts of the path behind the first two."""

    caller: Caller
    rest: tuple[str, ...]
    query: Mapping[str, str]
    now: datetime


class Changing(Asked, frozen=True, kw_only=True):
    """One call that changes something. `beside` has the answer kept with it, made of what a request became.

    `answered` makes what the account's answers become with this one, for what is no request.
    """

    body: bytes
    call: Call
    beside: Callable[[Callable[[Request], Any]], With]
    answered: Callable[[Any], Beside]

    def kept(self, write: Callable[[S], Any]) -> Callable[[S], Beside]:
        """The answer to be kept with what something became."""
        return lambda became: self.answered(write(became))

    def read(self, kind: type[T]) -> T:
        """The body. Raises `Fault`."""
        return reading.read(self.body, kind)
