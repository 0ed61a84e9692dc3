"""A call as its function sees it, and what that answers."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from approvals.accounts import Account
from approvals.answers import Call
from approvals.changes import Beside
from approvals.identities import Identity
from approvals.requests import Request
from approvals.uses.commits import With
from handlers.wire import reading

T = TypeVar("T", bound=msgspec.Struct)


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

    `answered` is what the account's answers become by one that is about no request. It raises `Answered` where the
    same call has had its answer meanwhile.
    """

    body: bytes
    call: Call
    beside: Callable[[Callable[[Request], Any]], With]
    answered: Callable[[Any], Beside]

    def read(self, kind: type[T]) -> T:
        """The body. Raises `Fault`."""
        return reading.read(self.body, kind)
