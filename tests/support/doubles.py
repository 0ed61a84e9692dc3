"""Doubles of the ports for tests of the core: people, a chat room and a clock."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

import msgspec

from approvals.ports.messages import ChannelError, MessageGone, Notice, Posted, Recipient
from approvals.refusals.errors import NotFound, Refused, Unavailable
from approvals.refusals.reasons import Reason
from approvals.telling.cards import Card
from approvals.telling.news import News
from handlers.slack.identity import SlackAccount
from tests.support.builders import NOW

TEAM = "T0123ABCD"
P = ParamSpec("P")
R = TypeVar("R")


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Inline(Executor):
    """Runs what is submitted at once, in the caller's thread, so that runs repeat exactly."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        done: Future[R] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - a future carries whatever its call raised
            done.set_exception(error)
        return done


def ref(person: str) -> str:
    """The Slack account of a person, by the local part of the address."""
    return f"slack:{TEAM}/U{person.partition('@')[0].upper()}"


class People:
    """Implements `Accounts` and `Directory`. With `down` nothing can be looked up."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.accounts: dict[str, SlackAccount] = {}
        self.groups: dict[str, set[str]] = {}
        self.down = False
        self.asked: list[tuple[str, ...]] = []

    def join(self, person: str, **changes: Any) -> str:
        """Make (or change) a person's account and return its ref."""
        good = SlackAccount(
            ref=ref(person),
            team=TEAM,
            home=TEAM,
            email=person,
            email_confirmed=True,
            name=person.partition("@")[0],
            read_at=self._clock(),
            active=True,
            guest=False,
            bot=False,
        )
        self.accounts[good.ref] = msgspec.structs.replace(good, **changes)
        return good.ref

    def account(self, ref: str, *, timeout: float) -> SlackAccount:
        self._ask("account", ref)
        if ref not in self.accounts:
            raise NotFound(f"there is no account {ref}")
        return msgspec.structs.replace(self.accounts[ref], read_at=self._clock())

    def by_email(self, address: str, *, timeout: float) -> SlackAccount:
        """As Slack, which finds no deactivated account by its address."""
        self._ask("email", address)
        for found in self.accounts.values():
            if found.email == address and not found.left:
                return msgspec.structs.replace(found, read_at=self._clock())
        raise NotFound(f"nobody has the address {address}")

    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        self._ask("member", group, person)
        if group not in self.groups:
            raise NotFound(f"there is no group {group}")
        return person in self.groups[group]

    def members(self, group: str, *, most: int, timeout: float) -> frozenset[str]:
        self._ask("members", group)
        if group not in self.groups:
            raise NotFound(f"there is no group {group}")
        if len(self.groups[group]) > most:
            raise Refused("unlisted", group=group, most=most)
        return frozenset(self.groups[group])

    def _ask(self, *question: str) -> None:
        self.asked.append(question)
        if self.down:
            raise Unavailable("the directory does not answer")


class Outsiders:
    """Implements `Standing`: nobody is in any group by anybody."""

    def standing(self, group: str, person: str, *, timeout: float) -> str | None:
        return None

    def examine(self, group: str, person: str, *, timeout: float) -> None:
        pass

    def barred(self, group: str) -> Reason | None:
        return None


class Message(msgspec.Struct, kw_only=True):
    """A message as it stands: what it showed when it was posted or drawn last."""

    notice: Notice
    posted: Card
    drawn: Card | None = None
    deleted: bool = False
    locked: bool = False

    @property
    def token(self) -> str:
        """What its buttons carry; without a token it has none."""
        return self.drawn.token if self.drawn else ""


class Room:
    """Implements `Messenger`, and refuses to redraw what was deleted or is locked.

    `faults` holds, for each coming call in order, an error to raise before it has an effect; `lose` a number of
    coming calls that take effect and whose answer is lost.
    """

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.turns: list[Notice] = []
        self.heard: list[tuple[str, News]] = []
        self.shut: set[str] = set()
        self.zones: dict[str, str] = {}
        self.faults: list[Exception] = []
        self.lose = 0
        self.calls = 0

    def zone(self, person: str, *, timeout: float) -> str:
        """Where somebody has told the chat that they live."""
        return self.zones.get(person, "")

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        self._before()
        if card.token:
            raise AssertionError("a first post must not have buttons")
        if notice.kind == "turn":
            self.turns.append(notice)
            self._after()
            return Posted(place="C0ACCESS", ts=f"turn {len(self.turns)}")
        ts = f"{len(self.messages) + 1:06}"
        self.messages[ts] = Message(notice=notice, posted=card)
        self._after()
        return Posted(place="C0ACCESS", ts=ts)

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None:
        self._before()
        if self.messages[posted.ts].deleted:
            raise MessageGone("message_not_found")
        if self.messages[posted.ts].locked:
            raise ChannelError("is_inactive")
        self.messages[posted.ts].drawn = card
        self._after()

    def tell(self, news: News, to: Recipient, *, timeout: float) -> Posted:
        """Tell what belongs to no request; `shut` names who takes no message."""
        self._before()
        if str(to) in self.shut:
            raise ChannelError(f"{to}: channel_not_found")
        self.heard.append((str(to), news))
        self._after()
        return Posted(place=str(to), ts=f"news {len(self.heard)}")

    def of(self, request_id: str, key: str = "") -> list[Message]:
        """The messages of a request that stand, in order; with a key, those under that key."""
        return [
            message
            for message in self.messages.values()
            if message.posted.request.id == request_id
            and not message.deleted
            and (not key or message.notice.key == key)
        ]

    def only(self, request_id: str, key: str) -> Message:
        """The one message under a key."""
        (message,) = self.of(request_id, key)
        return message

    def _before(self) -> None:
        self.calls += 1
        if self.faults:
            raise self.faults.pop(0)

    def _after(self) -> None:
        if self.lose:
            self.lose -= 1
            raise Unavailable("the answer was lost")


class Around:
    """Stands around a part that implements a port, and is told of each call before and after it.

    Either may raise; what is raised before keeps the call from having an effect.
    """

    def __init__(
        self,
        inner: object,
        *,
        before: Callable[[str], object] = lambda _: None,
        after: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._inner = inner
        self._before = before
        self._after = after

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._inner, name)

        def told(*args: Any, **kwargs: Any) -> Any:
            self._before(name)
            answer = call(*args, **kwargs)
            self._after(name)
            return answer

        return told


class Silent(dict[str, SlackAccount]):
    """Accounts of which some do not answer."""

    def __init__(self, accounts: dict[str, SlackAccount], *, silent: set[str]) -> None:
        super().__init__(accounts)
        self._silent = silent

    def __contains__(self, ref: object) -> bool:
        if ref in self._silent:
            raise Unavailable("the workspace does not answer")
        return super().__contains__(ref)
