"""Messages in a channel: what ought to stand, where it stands, and how it is brought there."""

from typing import Literal, Protocol

import msgspec

from approvals.cards import Card
from approvals.errors import CountersignError


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message stands: enough to redraw it."""

    place: str
    ts: str


class ChannelError(CountersignError):
    """The channel refused a message for good; the text names why."""


class MessageGone(ChannelError):
    """The message to be redrawn was surely deleted: another one may take its place."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One message that ought to stand somewhere. `key` is unique within its request.

    `to` is `channel:#name`, `channel:C0123` or `account:slack:TEAM/USER` or `person:a@x`. A `card` is what
    approvers press, a `status` the requester's own view of the request, a `step` one sentence that something
    happened (`step` names it) and is never redrawn. A `turn` tells `people` once that it is theirs, with a link to
    the card at `about`, in a thread below it where `threaded`; not `whole`: others have to be told as well.
    """

    key: str
    kind: Literal["card", "status", "step", "turn"]
    to: str
    step: str = ""
    people: tuple[str, ...] = ()
    whole: bool = True
    about: Posted | None = None
    threaded: bool = False


class Messenger(Protocol):
    """Posts and redraws in one channel of communication. Raises `Unavailable` or `ChannelError`."""

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        """Post the sentence and the facts, without buttons: those come with the first redraw."""

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None: ...
