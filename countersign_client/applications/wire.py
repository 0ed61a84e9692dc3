"""The headers of an application's calls."""

import re
import secrets
from datetime import UTC, datetime

from countersign_client.applications.attempts import Send
from countersign_client.call_tokens import Signs, authorization
from countersign_client.errors import Unusable

_KEY = re.compile(r"[!#-\[\]-~]{0,180}")
"""What needs no escape in a quoted string (RFC 8941 section 3.3.3), with room for the suffix of consuming."""


def headers(step: Send, *, url: str, application: str, key: Signs) -> dict[str, str]:
    """What goes with one try; it is signed anew for each, for a signature serves once."""
    said = {"Accept": "application/json"}
    if step.method != "GET":
        said |= {"Content-Type": "application/json", "Idempotency-Key": f'"{step.key}"'}
    if step.signed:
        said["Authorization"] = authorization(
            key,
            issuer=application,
            audience=url,
            method=step.method,
            url=url + step.target,
            body=step.body,
            idempotency_key=step.key or None,
            now=datetime.now(UTC),
        )
    return said


def named(key: str) -> str:
    """The Idempotency-Key that was given, or a new one. Raises `Unusable` for one that no call can carry."""
    if not _KEY.fullmatch(key):
        raise Unusable("an idempotency key is a line of at most 180 letters, digits and signs, without quotes")
    return key or secrets.token_urlsafe(24)
