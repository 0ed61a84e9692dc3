"""What a call needs of whoever makes it: a token for an address, and what a refusal of it means."""

import base64
import re
from typing import Any, Protocol

from countersign_client import objects
from countersign_client.errors import Refused

SPARE = 60.0
"""Seconds before a token ends from which on another one is fetched."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")


class Credential(Protocol):
    """A way to sign in. `audience_hint` is the sentence for when IAP does not take its tokens' audience."""

    audience_hint: str

    def token(self, url: str, *, whole_host: bool, timeout: float) -> str:
        """Return a token for calls to an address, which has no query.

        `whole_host` asks for one that names the host alone, where tokens name addresses at all. Raises
        `ClientError`; all of it is over after `timeout` seconds.
        """


def checked(token: object) -> str:
    """Return a token that may stand in a header. Raises `Refused`, without a word of what it was."""
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise Refused("what came instead of a token is none: look whether the addresses in use are Google's")
    return token


def claims(token: str) -> dict[str, Any]:
    """Read what a token says of itself, unverified: it came from Google, and is for somebody else to verify."""
    try:
        part = token.split(".")[1]
        return objects.of(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) or {}
    except (IndexError, ValueError):
        return {}


def expires(token: str) -> float:
    """When a token ends, in seconds since 1970; 0 where it does not say."""
    end = claims(token).get("exp")
    return float(end) if isinstance(end, int) else 0.0
