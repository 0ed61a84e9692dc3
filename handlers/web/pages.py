"""What a page function gives: a page to be written, or another address to go to. And the visit that it answers."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from approvals.people.accounts import Account


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One request by somebody whom the proxy let in. `rest` is the path behind its first part."""

    account: Account
    rest: str
    form: Mapping[str, str]
    query: Mapping[str, str]
    now: datetime


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page by its template."""

    template: str
    context: Mapping[str, Any]
    status: int = 200


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A file to take away under a name, piece by piece."""

    pieces: Iterator[bytes]
    media_type: str
    name: str


class Moved(msgspec.Struct, frozen=True):
    """Look there: what was sent is done, and sending it again does nothing."""

    path: str
