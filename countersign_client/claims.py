"""What a receipt says, as records. What a reader does not know could take something back: it is refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

Moment = Annotated[datetime, msgspec.Meta(tz=True)]

Code = Literal[
    "form", "key", "purpose", "signature", "kind", "claims", "issuer", "digest", "terms", "shown", "request",
    "requirement", "person", "people", "reviews", "signatures", "window", "use", "counted", "time",
]  # fmt: skip
"""Which check a receipt fails, in the order in which they are made. `docs/receipts.md` says what each means."""


class ReceiptError(Exception):
    """This is no receipt that one of the keys signed, or it contradicts itself; the text says why."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code = code


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The access that was approved: from `start` (inclusive) to `end` (exclusive)."""

    start: Moment
    end: Moment


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The outcome, said once. `by` is empty where time or the policy decided; `comment` is a digest."""

    outcome: Literal["approved", "denied", "withdrawn", "expired"]
    at: Moment
    by: tuple[str, ...]
    reason: str = ""
    comment: str = ""
    window: Window | None = None


class Reviewed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One person's vote. `signed`: with a typed name and meaning, whose digests follow; so does the comment's.

    `behalf`: for whom they stood in, by whose right it counted. `window`: for several calls.
    """

    person: str
    verdict: Literal["approve", "deny"]
    at: Moment
    channel: str
    signed: bool
    printed_name: str = ""
    meaning: str = ""
    comment: str = ""
    behalf: str = ""
    window: bool = False


class Audit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tail of the request's audit chain when the receipt was made: its length and its last hash."""

    seq: Annotated[int, msgspec.Meta(ge=1)]
    head: str


class Confirmed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The person whom an application named by its word alone has said so. `window`: for several calls."""

    at: Moment
    channel: str
    window: bool = False


class Opened(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The window that the approval opened: so many calls in all, this one among them, before `until`."""

    until: Moment
    uses: Annotated[int, msgspec.Meta(ge=1)]


class Used(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The one use of an approved action: when, by which application, and the key of the call that used it."""

    at: Moment
    by: str
    key: str


class Claims(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed. Of an action also its use, until when it could have been used, and who confirmed it.

    Of one that was approved together with others, the `window` of all of them.
    """

    v: Literal[1]
    knd: Literal["receipt"]
    iss: str
    iat: int
    jti: str
    sub: str
    rev: int
    dig: str
    terms: Mapping[str, Any]
    decision: Decision
    reviews: tuple[Reviewed, ...]
    audit: Audit
    confirmed: Confirmed | UnsetType = UNSET
    use_by: Moment | UnsetType = UNSET
    used: Used | UnsetType = UNSET
    window: Opened | UnsetType = UNSET
