"""A call of an application as its function sees it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from approvals.answers import Call
from approvals.requests import Request
from approvals.uses.commits import With
from handlers.identity.application import Caller
from handlers.wire import reading

T = TypeVar("T", bound=msgspec.Struct)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One call by an application. `rest` are the parts of the path behind the first two."""

    caller: Caller
    rest: tuple[str, ...]
    query: Mapping[str, str]
    now: datetime


class Changing(Asked, frozen=True, kw_only=True):
    """One call that changes something. `beside` has the answer kept with it, made of what a request became."""

    body: bytes
    call: Call
    beside: Callable[[Callable[[Request], Any]], With]

    def read(self, kind: type[T]) -> T:
        """The body. Raises `Fault`."""
        return reading.read(self.body, kind)
