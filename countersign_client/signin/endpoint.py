"""Google's token endpoint, asked with a form (RFC 6749)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from countersign_client import objects
from countersign_client.calls import NoAnswer, send
from countersign_client.errors import Refused, Unreachable
from countersign_client.lines import fit

TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
"""The audience of an assertion for the endpoint, and where it is unless a file of Google's says otherwise."""


class TokenRefused(Refused):
    """The endpoint said no. `error` is its code (RFC 6749 section 5.2)."""

    def __init__(self, text: str, *, error: str) -> None:
        super().__init__(text)
        self.error = error


def granted(url: str, form: Mapping[str, str], *, timeout: float) -> dict[str, Any]:
    """Return what the endpoint grants. Raises `TokenRefused` or `Unreachable`."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = send("POST", url, timeout=timeout, headers=headers, body=urlencode(form).encode())
    except NoAnswer as error:
        raise Unreachable(f"Google's token endpoint does not answer ({error}): try again in a minute") from error
    told = objects.of(answer.body) or {}
    if answer.status == 200:
        return told
    if answer.status >= 500 or not isinstance(told.get("error"), str):
        raise Unreachable(f"Google's token endpoint answers with HTTP {answer.status}: try again in a minute")
    said = fit(told.get("error_description", ""))[:200]
    code = fit(told["error"])[:60]
    raise TokenRefused(f"Google's token endpoint refuses: {code}{said and f' ({said})'}", error=code)
