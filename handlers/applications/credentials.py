"""Which calls of `/v1` are an application's, where people call at the same address."""

import json
from collections.abc import Iterable

from countersign_client.jws import octets
from handlers.channel import Scope
from handlers.identity.iap import HEADER as ASSERTION


def is_an_application_s(scope: Scope) -> bool:
    """A call is a person's where the proxy says so, and nothing says that it is an application's.

    Where both do, it is taken for an application's, which may bring no second credential.
    """
    headers = list(scope["headers"])
    return not any(name == ASSERTION for name, _ in headers) or any(map(_is_ours, _authorizations(headers)))


def _authorizations(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[bytes]:
    return (value for name, value in headers if name == b"authorization")


def _is_ours(authorization: bytes) -> bool:
    """Whether this says that it is a token of an application's, whoever made it."""
    token = authorization.decode("latin-1").partition(" ")[2].strip()
    try:
        header = json.loads(octets(token.partition(".")[0]))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and header.get("typ") == "countersign-app+jwt"
