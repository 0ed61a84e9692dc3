"""The lobby as a channel of the whole program: a setting, a door where people vote, and a board for messages."""

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from approvals.identities import Entrance
from approvals.refusals.errors import Refused
from approvals.uses import Uses
from approvals.uses.votes import Press
from handlers.channel import Channel, Equipment, Receive, Scope, Send, Served, Values
from handlers.settings import Secret, Variable
from tests.support.doubles import Room
from tests.support.lobby import Lobby


def _key(text: str) -> Secret:
    if len(text) < 4:
        raise ValueError("it is too short. Set four letters")
    return Secret(text)


def _weak(values: Values) -> Sequence[str]:
    is_weak = values["LOBBY_KEY"] is not None and values["LOBBY_KEY"].reveal() == "weak"
    return ["LOBBY_KEY: everybody knows it. Set another one."] if is_weak else []


def _missing(values: Values, wrong: Collection[str]) -> Sequence[str]:
    is_there = values["LOBBY_KEY"] or "LOBBY_KEY" in wrong
    return [] if is_there else ["LOBBY_KEY: it is missing. Set the key of the lobby."]


class OpenLobby:
    """Implements `Opened`."""

    def __init__(self, key: Secret, equipment: Equipment) -> None:
        self._key = key
        self._equipment = equipment
        self.accounts = Lobby(equipment.clock)
        self.messenger = self.accounts.board
        self.complaint = ""
        self.looked = 0
        self.is_closed = False

    def serve(self, uses: Uses, accounts: Entrance) -> Served:
        self._deciding, self._accounts = uses.deciding, accounts
        return Served(way="the lobby", doors={"/lobby": self._door}, looks=[], astray=self._astray)

    async def _door(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await run_in_threadpool(self._vote, request.query_params["who"], request.query_params["on"])
        await answer(scope, receive, send)

    def _vote(self, who: str, request_id: str) -> Response:
        now, card = self._equipment.clock(), self.messenger.only(request_id, f"card:{who} by lobby")
        try:
            identity = self._accounts.identify(self.accounts.enter(who), purpose="decide", now=now)
            voted = self._deciding.review(identity, Press(token=card.token, verdict="approve"), now=now)
        except Refused as refusal:
            return PlainTextResponse(refusal.code, status_code=HTTPStatus.FORBIDDEN)
        return PlainTextResponse(voted.request.state)

    @staticmethod
    def _astray(headers: Mapping[str, str]) -> str:
        return "somebody looks for the lobby" if "x-lobby" in headers else ""

    def look_at_policy(self) -> None:
        self.looked += 1

    def complaints(self) -> Sequence[str]:
        return [self.complaint] if self.complaint else []

    def close(self) -> None:
        self.is_closed = True


def _read(values: Values) -> Secret:
    key: Secret = values["LOBBY_KEY"]
    return key


class Mute:
    """Implements `Opened`: nobody decides in it, and nobody comes in by it."""

    accounts = None

    def __init__(self, _: str, equipment: Equipment) -> None:
        self.pages_url = equipment.pages_url
        self.messenger = Room()

    def serve(self, _: Uses, __: Entrance) -> Served:
        return Served()

    def look_at_policy(self) -> None:
        """It can do all."""

    def complaints(self) -> Sequence[str]:
        return []

    def close(self) -> None:
        """It holds nothing."""


class Deaf(Mute):
    """The other way round: people come in by it, below an address of its own, and no message goes out."""

    def __init__(self, _: str, equipment: Equipment) -> None:
        self.accounts = Lobby(equipment.clock, channel="deaf")  # type: ignore[assignment]
        self.messenger = None  # type: ignore[assignment]

    def serve(self, _: Uses, __: Entrance) -> Served:
        return Served(way="the loft", doors={"/loft/": self._door})

    @staticmethod
    async def _door(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(scope["path"])(scope, receive, send)


def _half(name: str, opened: type[Mute]) -> Channel[str]:
    variable = f"{name.upper()}_KEY"
    return Channel(
        name=name,
        variables=(Variable(name=variable, doc="Its key.", parse=str),),
        weak=lambda _: (),
        missing=lambda _, __: (),
        read=lambda values: values[variable],
        open=opened,
    )


HALVES = (_half("mute", Mute), _half("deaf", Deaf))
"""A channel without accounts, and one without a messenger. Each is there where its key is set."""

LOBBY = Channel(
    name="lobby",
    variables=(Variable(name="LOBBY_KEY", doc="The key of the lobby.", parse=_key),),
    weak=_weak,
    missing=_missing,
    read=_read,
    open=OpenLobby,
)
