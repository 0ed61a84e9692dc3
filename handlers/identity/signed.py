"""The one token of a signed call, read strictly: three parts, two objects of known members, none of them twice.

What it says counts only once its signature held, which `application` sees to.
"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from approvals.refusals.errors import CountersignError
from countersign_client import shapes
from countersign_client.jws import octets
from handlers import idempotency
from handlers.identity.iap import HEADER as ASSERTION

LIFE = 300
"""Seconds that a token lives at most."""

SKEW = timedelta(seconds=30)
"""By so much an application's clock may differ from ours."""

LARGEST = 8 * 1024
"""Characters of a token. A signature of RSA takes 1,400 at most, an address with a cursor some hundred."""

T = TypeVar("T", bound=msgspec.Struct)
_ODD = "more than a token says, or no object"
_KEY = idempotency.HEADER.lower().encode()
_BEARER = re.compile(rb"[Bb][Ee][Aa][Rr][Ee][Rr] ([A-Za-z0-9_.-]+)")
_MEMBER = re.compile(r"(?:required field `|at `\$\.)([a-z]{1,8})`$")


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it came: `target` is the path with the query, and `body` its octets, before anybody read them."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @classmethod
    def of(cls, scope: Mapping[str, Any], body: bytes) -> "Signed":
        """A call of ASGI's. Nothing of its address is decoded, so that there is one spelling of it."""
        query = bytes(scope["query_string"])
        target = bytes(scope["raw_path"]) + (b"?" + query if query else b"")
        return cls(
            method=str(scope["method"]),
            target=target.decode("latin-1"),
            headers=tuple(scope["headers"]),
            body=body,
        )


class Untrusted(CountersignError):
    """A call that is let in by nobody's token. The text is for the log, where it stands once a minute."""

    def __init__(self, why: str, *, by: str = "") -> None:
        super().__init__(f"{by}: {why}" if by else why)
        self.why = why


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a header may say: whatever else it said could bring a key along, or change how the rest is read.

    No other token of ours or of anybody's has this `typ`.
    """

    alg: Literal["ES256", "EdDSA", "RS256"]
    kid: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    typ: Literal["countersign-app+jwt"]


class Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a token says. `ik` is there where the call has a key."""

    iss: str
    aud: str
    iat: int
    exp: int
    jti: str
    htm: str
    htu: str
    bsh: str
    ik: str | msgspec.UnsetType = msgspec.UNSET


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it was written: nothing of it is proven yet. `signed` is what `signature` is of."""

    header: Header
    claims: Claims
    signed: bytes
    signature: str


def token(call: Signed) -> Token:
    """The one credential of a call. Raises `Untrusted`."""
    parts = _credential(call).split(".")
    if len(parts) != 3:
        raise Untrusted("a token is not of three parts")
    header, payload, signature = parts
    return Token(
        header=_read("header", header, Header),
        claims=_read("claims", payload, Claims),
        signed=f"{header}.{payload}".encode(),
        signature=signature,
    )


def _credential(call: Signed) -> str:
    given = [value for name, value in call.headers if name.lower() == b"authorization"]
    if not given:
        raise Untrusted("a call without a token")
    if len(given) > 1 or any(name.lower() == ASSERTION for name, _ in call.headers):
        raise Untrusted("a call with several credentials")
    if any(name.lower() == b"content-encoding" for name, _ in call.headers):
        raise Untrusted("a call whose body is encoded (Content-Encoding), so that its hash says nothing")
    if len(given[0]) > LARGEST:
        raise Untrusted("a token is larger than any must be")
    found = _BEARER.fullmatch(given[0])
    if found is None:
        raise Untrusted("an Authorization that is no `Bearer` and a token")
    return found[1].decode("ascii")


def _read(name: str, part: str, kind: type[T]) -> T:
    """Read a part of a token. Its kind allows no other member, and none twice."""
    try:
        found = json.loads(octets(part).decode("utf-8"), object_pairs_hook=_once)
        return shapes.convert(found, kind)
    except msgspec.ValidationError as error:
        raise Untrusted(f"the {name} of a token: {_member(str(error), kind)}") from None
    except (ValueError, RecursionError):
        raise Untrusted(f"the {name} of a token: no JSON object, or one that names a member twice") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands there twice")
    return found


def _member(text: str, kind: type[msgspec.Struct]) -> str:
    """Which of our members is to blame, by a message of msgspec's.

    What stands in the token is no text for a log, and no kind of warning of its own.
    """
    found = _MEMBER.search(text)
    known = found is not None and found[1] in kind.__struct_fields__
    return f"{found[1]} is missing, or none that counts" if found and known else _ODD


def idempotency_key(call: Signed) -> str | msgspec.UnsetType:
    """The key as the call means it. One that is no key is compared as it stands: it is refused afterwards.

    Raises `Untrusted` for several.
    """
    given = [value.decode("latin-1") for name, value in call.headers if name.lower() == _KEY]
    if not given:
        return msgspec.UNSET
    if len(given) > 1:
        raise Untrusted("a call with several keys (Idempotency-Key)")
    try:
        return idempotency.read(given[0])
    except ValueError:
        return given[0]
