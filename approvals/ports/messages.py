"""Messages in a channel: what ought to stand, where it stands, and how it is brought there."""

from typing import Literal, Protocol, runtime_checkable

import msgspec

from approvals.drills import Drill
from approvals.refusals.errors import CountersignError
from approvals.telling.cards import Card
from approvals.telling.news import News


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message stands: enough to redraw it. `channel` is empty where the record is older than channels.

    `link` leads people to it. Of most messages none is known.
    """

    place: str
    ts: str
    channel: str = ""
    link: str = ""


class ChannelError(CountersignError):
    """The channel refused a message for good; the text names why."""


class MessageGone(ChannelError):
    """The message to be redrawn was surely deleted: another one may take its place."""


class ToRoom(msgspec.Struct, frozen=True, tag=True):
    """Everybody who reads in a room: `name` is what the policy calls it (`#access`), or its id."""

    name: str

    def __str__(self) -> str:
        return self.name


class ToAccount(msgspec.Struct, frozen=True, tag=True):
    """Whoever holds an account (`slack:TEAM/USER`), in that account's channel."""

    account: str

    def __str__(self) -> str:
        return self.account


class ToPerson(msgspec.Struct, frozen=True, tag=True):
    """A person, by address."""

    address: str

    def __str__(self) -> str:
        return self.address


Recipient = ToRoom | ToAccount | ToPerson


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One message that ought to stand somewhere. `key` is unique within its request.

    `to` is None for what stands where nothing would be posted now; `by` is the channel that carries it, empty
    until the router has said. A `card` is what approvers press, a `status` the requester's own view of the
    request, a `step` one sentence that something happened (`step` names it) and is never redrawn. A `turn` tells
    `people` once that it is theirs, with a link to the card at `about`, in a thread below it where `threaded`; not
    `whole`: others have to be told as well. Its `step` is empty when the stage has opened, `remind`, or
    `escalated`, of which `escalated:able` goes to who may approve. A `letter` is never redrawn: `step` says
    whether it asks somebody for a decision (`call`, `remind`), tells somebody else that nobody has decided
    (`told`), shows that to the requester (`copy`) or tells the `outcome`, and `follows` are the keys of the
    letters before it to the same person, oldest first. `deeds` says below the card what was done
    with access that is over.
    """

    key: str
    kind: Literal["card", "status", "step", "turn", "letter", "deeds"]
    to: Recipient | None
    by: str = ""
    step: str = ""
    people: tuple[str, ...] = ()
    whole: bool = True
    about: Posted | None = None
    threaded: bool = False
    follows: tuple[str, ...] = ()


class Messenger(Protocol):
    """Posts and redraws in one channel of communication. Raises `Unavailable` or `ChannelError`."""

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        """Post the sentence and the facts, without buttons: those come with the first redraw.

        A letter gets none, and is posted with all that it will ever have. Its second post is the same message.
        """

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None: ...


@runtime_checkable
class Zones(Protocol):
    """A messenger that knows where people live."""

    def zone(self, person: str, *, timeout: float) -> str:
        """The name of a person's time zone (`Europe/Berlin`), empty where it is not known.

        Raises `Unavailable` or `ChannelError`.
        """


@runtime_checkable
class Calling(Protocol):
    """A messenger that calls people to a drill, one by one. Raises `Unavailable` or `ChannelError`."""

    def call(self, drill: Drill, person: str, *, timeout: float) -> Posted: ...

    def recall(self, posted: Posted, drill: Drill, person: str, *, timeout: float) -> None:
        """Draw the call of somebody who has answered, or whose time is over, without its button.

        Where it stands as it was sent, what its link leads to says so.
        """


@runtime_checkable
class Telling(Protocol):
    """A messenger that tells news, which belong to no request. Raises `Unavailable` or `ChannelError`."""

    def tell(self, news: News, to: Recipient, *, timeout: float) -> Posted: ...
