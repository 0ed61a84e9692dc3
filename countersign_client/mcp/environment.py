"""What both commands are told by the environment: where Countersign is, who asks, and on whose behalf."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from countersign_client.applications.values import Person
from countersign_client.call_tokens import SigningKey, private_pem, read_key
from countersign_client.errors import Unusable
from countersign_client.exchange import origin
from countersign_client.keys import Keys, KeySetError, read_keys
from countersign_client.mcp import people
from countersign_client.mcp.places import Place
from countersign_client.signin.places import safe

URL = "COUNTERSIGN_API_URL"
APPLICATION = "COUNTERSIGN_APP_ID"
KEY = "COUNTERSIGN_APP_KEY"
RECEIPT_KEYS = "COUNTERSIGN_APP_RECEIPT_KEYS"
ADDRESS = "COUNTERSIGN_ON_BEHALF_OF"
TOKEN = "COUNTERSIGN_ON_BEHALF_TOKEN"  # noqa: S105 - the name of a setting
SERVER_URL = "COUNTERSIGN_MCP_URL"
ISSUER = "COUNTERSIGN_MCP_ISSUER"

_WHO: Mapping[str, str] = {
    URL: "where applications call Countersign, such as https://HOST",
    APPLICATION: "the id of this agent among the policy's applications",
    KEY: "the file of its private key (`countersign app new` makes one)",
}
_WHERE: Mapping[str, str] = {
    SERVER_URL: "where clients reach this server, such as https://HOST/mcp",
    ISSUER: "the OpenID issuer whose tokens people bring, as the policy lists it",
}
_FOR_WHOM = (
    f"set one of {TOKEN}, a file with the person's token, and {ADDRESS}, an address that the policy takes"
    " by your word (may_assert)"
)


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a server is made of. `brought` finds whose call one is; `place` is None over standard input and output.

    `secret` is known to whoever has the application's key, and to nobody else.
    """

    url: str
    application: str
    key: SigningKey
    keys: Keys | None
    brought: Callable[[Any], Person]
    place: Place | None

    @property
    def secret(self) -> bytes:
        return hashlib.sha256(b"countersign mcp\n" + private_pem(self.key).encode()).digest()


def read(environ: Mapping[str, str], *, http: bool) -> Setup:
    """Read the environment. Raises `Unusable` that names the setting and says what to do; all that are missing."""
    given = {name: value.strip() for name, value in environ.items()}
    if missing := [*_missing(given, http=http)]:
        raise Unusable("; ".join(missing))
    return Setup(
        url=_origin(given[URL]),
        application=given[APPLICATION],
        key=_key(Path(given[KEY])),
        keys=_receipt_keys(given),
        brought=_brought(given, http=http),
        place=_place(given) if http else None,
    )


def _missing(given: Mapping[str, str], *, http: bool) -> Iterator[str]:
    wanted = {**_WHO, **_WHERE} if http else _WHO
    yield from (f"{name} is not set: {what}" for name, what in wanted.items() if not given.get(name))
    if not http and not given.get(TOKEN) and not given.get(ADDRESS):
        yield _FOR_WHOM


def _origin(url: str) -> str:
    try:
        return origin(url)
    except Unusable as error:
        raise Unusable(f"{URL}: {error}") from error


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{name}: {path} cannot be read: {error}") from error


def _key(path: Path) -> SigningKey:
    try:
        return read_key(_text(path, KEY))
    except ValueError as error:
        raise Unusable(f"{KEY}: {path}: {error}") from error


def _receipt_keys(given: Mapping[str, str]) -> Keys | None:
    name = given.get(RECEIPT_KEYS)
    if not name:
        return None
    try:
        return read_keys(_text(Path(name), RECEIPT_KEYS).encode())
    except KeySetError as error:
        raise Unusable(f"{RECEIPT_KEYS}: {name}: {error}") from error


def _brought(given: Mapping[str, str], *, http: bool) -> Callable[[Any], Person]:
    address, token = given.get(ADDRESS), given.get(TOKEN)
    if http:
        if address or token:
            raise Unusable(
                f"over HTTP everybody brings a token of their own: take {ADDRESS if address else TOKEN} away"
            )
        return people.bearer
    if address and token:
        raise Unusable(_FOR_WHOM)
    return people.token_in(Path(token)) if token else people.asserted(given[ADDRESS])


def _place(given: Mapping[str, str]) -> Place:
    return Place(url=safe(given[SERVER_URL], what=SERVER_URL), issuer=safe(given[ISSUER], what=ISSUER))
