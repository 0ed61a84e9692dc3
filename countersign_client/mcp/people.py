"""On whose behalf a client calls: the one person of the environment, or whoever's token came with the call.

Who that is, as a directory knows them, is Countersign's to say, by the policy's rule of the issuer. A front keeps
no session and checks no token by itself.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from countersign_client.applications.answers import Asked, Behalf
from countersign_client.applications.errors import Unreachable
from countersign_client.applications.values import Asserted, Person
from countersign_client.errors import Unusable

PATIENCE = 8.0
"""Seconds for asking whose a token is."""

KEPT = 60.0
"""Seconds for which it is known whose a token is. Whatever is asked or used is judged anew by the token itself."""

_MOST = 1000


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls: how that is proven to Countersign, and the address by which the directory knows them."""

    person: Person
    principal: str


def is_for(asked: Asked, caller: Caller) -> bool:
    """Whether a request is an agent's, and this caller's own."""
    return asked.agent and asked.on_behalf_of is not None and asked.on_behalf_of.principal == caller.principal


class Knows(Protocol):
    """What says who a person is: `AsyncApplication` is one."""

    async def who(self, on_behalf_of: Person) -> Behalf:
        """Raises `NotAllowed` for a token that proves nobody."""


class People:
    """Who calls, by what their call brought. `brought` finds that; it raises `Unusable` where there is nothing."""

    def __init__(self, knows: Knows, brought: Callable[[Any], Person]) -> None:
        self._knows = knows
        self._brought = brought
        self._kept: dict[str, tuple[float, str]] = {}

    async def of(self, request: Any) -> Caller:
        """Who makes a call; `request` is the HTTP request that it came with, None over stdio.

        Raises `NotAllowed` of a person who does not count, and `Unusable`.
        """
        return await self.known(self._brought(request))

    async def known(self, person: Person) -> Caller:
        """The same of a person who is at hand."""
        name = hashlib.sha256(repr(person).encode()).hexdigest()
        until, principal = self._kept.get(name, (0.0, ""))
        if until <= time.monotonic():
            principal = await self._asked(person)
            self._keep(name, principal)
        return Caller(person=person, principal=principal)

    async def _asked(self, person: Person) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                return (await self._knows.who(person)).principal
        except TimeoutError as error:
            raise Unreachable(f"Countersign does not say in {PATIENCE:g} seconds whose call this is.") from error

    def _keep(self, name: str, principal: str) -> None:
        if len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[name] = (time.monotonic() + KEPT, principal)


def asserted(address: str) -> Callable[[Any], Person]:
    """One person, by the application's own word."""
    return lambda _: Asserted(email=address)


def token_in(path: Path) -> Callable[[Any], Person]:
    """One person, by the token in a file, which whoever signs them in writes anew. It is read at each call."""

    def read(_: Any) -> Person:
        try:
            text = path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Unusable(f"the token in {path} cannot be read: {error}") from error
        if not text:
            raise Unusable(f"there is no token in {path}: sign in, and have it written there")
        return text

    return read


def bearer(request: Any) -> Person:
    """The person whose token came with an HTTP request, in its one header `Authorization`."""
    found = request.headers.getlist("authorization") if request is not None else []
    scheme, _, token = found[0].partition(" ") if len(found) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unusable("a call carries one header Authorization: Bearer TOKEN, the person's own")
    return str(token.strip())
