"""What a channel is: one record in a folder of its own, which the program opens without knowing which it is."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

import click
import msgspec

from approvals.refusals.errors import CountersignError
from handlers.settings import Variable

if TYPE_CHECKING:  # every command of the command line has the record, and few open a channel
    from approvals.identities import Entrance
    from approvals.policy.model import Policy
    from approvals.ports.examining import Diagnosis
    from approvals.ports.messages import Messenger
    from approvals.ports.people import Accounts
    from approvals.ports.store import Memory
    from approvals.uses import Uses
    from handlers.seldom import Seldom

S = TypeVar("S")
Values = Mapping[str, Any]
"""What the variables of the environment came to, by name; None where one is not set or is wrong."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Door = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application behind one path, or behind all that begin with it."""

Side = Literal["public", "pages"]
"""Where people get in: at the public service, or behind Identity-Aware Proxy, which covers a whole service."""


class Unusable(CountersignError):
    """What was set can never work; the text says what to do. The service ends."""


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What is called outside. `send` makes one HTTP call, to where we chose ourselves, and `fetch` one to where
    the policy or others say, which it looks at first; `dial` opens a connection to a host and port, on which
    all waiting ends `timeout` seconds later; `secret` reads a version in Secret Manager; `iap_settings` what
    Identity-Aware Proxy is set to do for a service.

    They raise `Unavailable`, with what to mend where somebody can, `dial` an `OSError`, and `iap_settings` a
    `NotFound` where Google does not show them.
    """

    send: Callable[..., Any]
    fetch: Callable[..., Any]
    dial: Callable[..., Any]
    secret: Callable[..., bytes]
    iap_settings: Callable[..., Mapping[str, Any]]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a trial: what was done, and where it failed, with what and what to change."""

    step: str
    trouble: str = ""
    advice: str = ""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel looks at itself with. `policy` is None where none can be read, `accounts` are some of the
    accounts by which something is asked that is not over, and `service` is the name of this one on Cloud Run,
    empty elsewhere. All of it lasts `timeout` seconds at most.
    """

    outside: Outside
    policy: "Policy | None"
    accounts: Callable[[], Sequence[str]]
    service: str
    timeout: float


class Looking(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """How a channel looks at itself, by the name that its diagnoses have. `clock` is an address whose answers say
    what time it is, where there is one.
    """

    part: str
    look: "Callable[[S, Looked], Iterable[Diagnosis]]"
    clock: Callable[[S], str] | None = None


def unwatched(_kind: str) -> Callable[[str], object]:
    """Nobody wants to know what comes in."""
    return lambda _failed: None


class Equipment(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel works with. `send` and `upgraded` make calls outside, each under one deadline.

    `pages_url` is where the pages are, empty where there are none. `watch` is told, by a fixed word, of what comes
    in by a connection of the channel's own, on the thread that answers it; what it returns is told by what name
    that failed, empty where it did not.
    """

    send: Callable[..., Any]
    upgraded: Callable[..., Any]
    outside: "Outside"
    memory: "Memory"
    policy: "Callable[[], Policy]"
    clock: Callable[[], datetime]
    seldom: "Seldom"
    pages_url: str = ""
    watch: Callable[[str], Callable[[str], object]] = unwatched


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """How people get in. `way` says it in the log, and `doors` are its applications by path.

    A path that ends in a slash stands for all that begin with it. A channel that only sends has no way in.
    `looks` are tried at the start until they are answered; they raise `Unusable`, or `Unavailable` to be tried
    again. `later` are the same for what loads slow libraries: they wait until the first answer may have gone out.
    Where several channels have a door at one path, the first that `takes` a call answers it.
    `astray` says what to check where headers look like a request of this channel's that came to no door of ours,
    and is empty for all others. `lost` answers what comes to no door of anybody's. `ending` is called in the event
    loop when nothing more is taken in: whoever waits for something to change is answered.
    """

    way: str = ""
    doors: Mapping[str, Door] = {}
    looks: Sequence[Callable[[], object]] = ()
    later: Sequence[Callable[[], object]] = ()
    takes: Callable[[Scope], bool] = lambda _: True
    astray: Callable[[Mapping[str, str]], str] = lambda _: ""
    lost: Door | None = None
    ending: Callable[[], None] = lambda: None


class Opened(Protocol):
    """A channel that was opened.

    `accounts` is None where nobody decides in it, `messenger` where no message goes out by it.
    """

    @property
    def accounts(self) -> "Accounts | None": ...
    @property
    def messenger(self) -> "Messenger | None": ...

    def serve(self, uses: "Uses", accounts: "Entrance") -> Served:
        """Join the channel to the uses. `accounts` lets its own people in."""

    def look_at_policy(self) -> None:
        """Say in the log what of the policy this channel cannot do. Raises `Unavailable`."""

    def complaints(self) -> Sequence[str]:
        """What is wrong outside, in sentences for whoever asks whether we are ready."""

    def close(self) -> None:
        """Take nothing more in, and end what was begun."""


class Channel(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """One medium in which people are reached and decide. `name` is the scheme of its accounts' references.

    `weak` says what of its values weakens trust, and so needs a sandbox; `missing` what else is wrong with them,
    where the variables named in its second argument have had their own sentence. `read` returns None where the
    channel is not set up: then this service does not have it. `side` is where it lets people in. `hidden` are
    patterns of what never stands in a log, whoever it belongs to. One of `letters` carries those alone.
    `needed` says what to set where a policy needs the channel and it is not set up.
    `trial` sends somebody a test message, step by step. `unreachable` says why a person cannot be reached with the
    variables of an environment, and nothing where that is not known. `absent` gives what says whether nobody
    active has an address in it, which raises `Unavailable` where that is not known. `looking` is how it looks at
    itself when somebody asks what is wrong.
    """

    name: str
    variables: tuple[Variable, ...]
    weak: Callable[[Values], Sequence[str]]
    missing: Callable[[Values, Collection[str]], Sequence[str]]
    read: Callable[[Values], S | None]
    open: Callable[[S, Equipment], Opened]
    commands: tuple[click.Command, ...] = ()
    side: Side = "public"
    hidden: tuple[str, ...] = ()
    letters: bool = False
    needed: "Callable[[Policy], str]" = lambda _: ""
    trial: Callable[[S, Outside, str], Iterable[Checked]] | None = None
    unreachable: Callable[[Mapping[str, str], str], str] | None = None
    absent: Callable[[S, Outside], Callable[[str], bool]] | None = None
    looking: Looking[S] | None = None
