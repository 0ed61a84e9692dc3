"""What an application is told of its requests, and when it is told again (Standard Webhooks 1.0.0).

A message says that a request came to a state, and nothing else of it: whoever is told asks how things stand. It
goes out at least once, and again until the receiver takes it or a day is over. Then it is a dead letter.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Literal

import msgspec

from approvals.refusals.reasons import Reason
from approvals.requests import Request
from approvals.times import rfc3339
from countersign_client import shapes

DAY = timedelta(days=1)
DELAYS = (
    timedelta(),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""When a message is tried at the latest, counted from its first try."""

EARLIER = 0.1
"""The part of that time by which a try may come earlier, so that not all that failed together comes together."""

REST = timedelta(minutes=1)
"""How long a receiver that has too much to do is left alone, where it does not say so itself."""

GONE = 410
_SLOW = frozenset({429, 502, 503, 504})
_UNFINISHED = timedelta(minutes=1)

Outcome = Literal["", "taken", "dead"]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `id` is the same at every try. `at` is when the request came to `state`, as its `version`.

    `begun` and `tried` are its first and its last try, `due` when it is tried next: at once where there is none.
    `why` says what became of the last try, where it failed.
    """

    id: str
    state: str
    version: int
    at: datetime
    tries: int = 0
    begun: datetime | None = None
    tried: datetime | None = None
    due: datetime | None = None
    outcome: Outcome = ""
    why: Reason | None = None


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Which request came to which state, as its `version`."""

    request: str
    state: str
    version: int


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What goes out: `type` is `request.` and the state, `timestamp` when the request came to it (RFC 3339)."""

    type: str
    timestamp: str
    data: About


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All messages of one request, and what became of them."""

    messages: tuple[Message, ...] = ()

    @property
    def open(self) -> tuple[Message, ...]:
        """What is still to be taken, the longest due first."""
        waiting = [each for each in self.messages if not each.outcome]
        return tuple(sorted(waiting, key=lambda each: each.due or each.at))

    @property
    def dead(self) -> tuple[Message, ...]:
        """What was given up."""
        return tuple(each for each in self.messages if each.outcome == "dead")

    def having(self, message: Message) -> "Told":
        """The same with what one of them has become."""
        return Told(messages=tuple(message if each.id == message.id else each for each in self.messages))


def decoded(body: bytes) -> Told:
    """Read a record; nothing has been told where there is none."""
    return shapes.decode(body, Told) if body else Told()


def encoded(told: Told) -> bytes:
    return msgspec.json.encode(told)


def caught_up(told: Told, request: Request) -> Told:
    """Add what the request has come to since."""
    known = {each.id for each in told.messages}
    fresh = tuple(each for each in _called_for(request) if each.id not in known)
    return Told(messages=told.messages + fresh)


def _called_for(request: Request) -> Iterator[Message]:
    """A message for the decision, and one for what became of an approval: nothing else changes an action then."""
    last = request.used or request.lapsed
    # Its first version was used already: it never stood there as approved.
    at_once = last is not None and request.version == 1
    if request.decision is not None and not at_once:
        version = request.version - 1 if last is not None else request.version
        yield _message(request, request.decision.outcome, version=version, at=request.decision.at)
    if last is not None:
        yield _message(request, request.state, version=request.version, at=last.at)


def _message(request: Request, state: str, *, version: int, at: datetime) -> Message:
    return Message(id=f"msg_{request.id}_{state}", state=state, version=version, at=at)


def payload(message: Message, request_id: str) -> bytes:
    """What goes out: the same octets at every try, and nothing that anybody has to keep secret."""
    about = About(request=request_id, state=message.state, version=message.version)
    return msgspec.json.encode(News(type=f"request.{message.state}", timestamp=rfc3339(message.at), data=about))


def begin(message: Message, *, now: datetime) -> Message:
    """Note a try before it is made: whoever dies in it has made it, and the next one comes at its time."""
    begun = msgspec.structs.replace(message, tries=message.tries + 1, begun=message.begun or now, tried=now)
    return msgspec.structs.replace(begun, due=_following(begun) or now + _UNFINISHED)


def is_over(message: Message) -> bool:
    """Say whether all tries were made. Where nobody lived to see what became of the last one, nobody ever will."""
    return message.begun is not None and _following(message) is None


def taken(message: Message) -> Message:
    return msgspec.structs.replace(message, outcome="taken", due=None, why=None)


def dead(message: Message, why: Reason) -> Message:
    """Give it up. Whoever runs the service sees it, and can have it sent again."""
    return msgspec.structs.replace(message, outcome="dead", due=None, why=why)


def failed(message: Message, why: Reason, *, rests_until: datetime | None = None) -> Message:
    """A try that was made has failed: it comes again, or was the last one.

    `rests_until` is when the receiver may be called again, which is waited for, though never beyond the last try.
    """
    if message.begun is None:
        raise ValueError("a try that was not begun cannot fail")
    due = _following(message)
    if due is None:
        return dead(message, why)
    if rests_until is not None:
        due = max(due, min(rests_until, message.begun + DAY))
    return msgspec.structs.replace(message, due=due, why=why)


def again(message: Message) -> Message:
    """Send what was given up from the beginning, under the same id: whoever did take it knows it."""
    return Message(id=message.id, state=message.state, version=message.version, at=message.at)


def rests_until(status: int, retry_after: str, *, now: datetime) -> datetime | None:
    """Until when a receiver that answered so is left alone; None where it may be called at once.

    `retry_after` is that header (RFC 9110 section 10.2.3): seconds, or a date.
    """
    if status not in _SLOW:
        return None
    asked = _asked(retry_after.strip(), now)
    return now + REST if asked is None else min(max(asked, now), now + DAY)


def _asked(text: str, now: datetime) -> datetime | None:
    if text.isascii() and text.isdigit():
        return now + timedelta(seconds=min(int(text[:9]), DAY.total_seconds()))
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _following(message: Message) -> datetime | None:
    """When the try after the last one is due. Those whose time passed while nobody worked are not made up for."""
    if message.begun is None or message.tried is None:
        return None
    waited = message.tried - message.begun
    delay = next((delay for delay in DELAYS if delay * (1 - EARLIER) > waited), None)
    return None if delay is None else message.begun + delay * (1 - EARLIER * _drawn(message))


def _drawn(message: Message) -> float:
    """From 0 to 1, another one for each try of each message, and always the same for that one."""
    return int.from_bytes(sha256(f"{message.id} {message.tries}".encode()).digest()[:4]) / (1 << 32)
