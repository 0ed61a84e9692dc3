"""How a call is refused: by Countersign, with a problem document, or on the way by Identity-Aware Proxy.

IAP's own answers are pages and lines for people who know it; here they become sentences that say what to do.
Source: https://cloud.google.com/iap/docs/authentication-howto. Its redirects are never followed.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from countersign_client import objects
from countersign_client.calls import Response
from countersign_client.errors import Refused
from countersign_client.lines import fit

_ROLE = (
    "Identity-Aware Proxy knows you and does not let you in: ask whoever runs the service for the role"
    " roles/iap.httpsResourceAccessor on it"
)
_WORKFORCE = (
    "people of a workforce identity pool sign in here, and Identity-Aware Proxy lets none of their programs in:"
    " use the page in a browser, or chat"
)
_EXTERNAL = (
    "external identities sign in here, and Identity-Aware Proxy lets no program in beside them: use the page in a"
    " browser, or chat"
)
_UNSEEN = (
    "Identity-Aware Proxy saw no credential in this call. Something on the way may take `Authorization` for"
    " itself: sign in anew with countersign login --proxy-authorization"
)
_SAID = (
    (
        "has expired",
        "Identity-Aware Proxy takes the token for expired: look whether this machine's clock is right",
    ),
    ("no email claim", "the token does not say whose it is: it has to be fetched with the address in it"),
    ("Programs of Google accounts have no access", _EXTERNAL),
    (
        "signature is invalid",
        "Identity-Aware Proxy does not know the key of this token: make the service account a new one",
    ),
)
_AUDIENCE = ("Invalid JWT audience", "Audience specified does not match")


class Problem(Refused):
    """Countersign said no (RFC 9457). `code` is for programs; the text is its sentence, for people."""

    def __init__(self, status: int, told: Mapping[str, Any], *, retry_after: float | None) -> None:
        super().__init__(str(told.get("detail") or told.get("title") or f"Countersign answers with HTTP {status}"))
        self.status, self.told, self.retry_after = status, told, retry_after
        self.code = str(told.get("code", ""))
        self.page = str(told.get("page") or "")

    @property
    def problems(self) -> list[str]:
        """The sentences: what was refused, each thing that stands against it, and where to go instead."""
        errors = self.told.get("errors")
        each = errors if isinstance(errors, list) else []
        others = [str(one.get("detail", "")) for one in each if isinstance(one, dict)]
        said = [str(self), *(one for one in others if one and one != str(self))]
        return [*said, *([f"The page: {self.page}"] if self.page else [])]


def is_wrong_audience(answer: Response) -> bool:
    """Whether IAP takes the token for one that is meant for somebody else."""
    text = answer.body[:4096].decode(errors="replace")
    return is_of_the_proxy(answer) and answer.status == 401 and any(words in text for words in _AUDIENCE)


def is_of_the_proxy(answer: Response) -> bool:
    """Whether an answer is none of Countersign's, which never redirects, and answers in JSON."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_ours = kind in ("application/json", "application/problem+json")
    return "x-goog-iap-generated-response" in answer.headers or 300 <= answer.status < 400 or not is_ours


def of_the_proxy(answer: Response, *, auth_host: str, audience_hint: str) -> Refused:
    """Return the sentence for an answer of IAP's. `auth_host` is where Google's accounts sign in."""
    text = answer.body[:4096].decode(errors="replace")
    if 300 <= answer.status < 400:
        return Refused(_redirected(answer, auth_host))
    if is_wrong_audience(answer):
        return Refused(audience_hint)
    for words, sentence in _SAID if answer.status == 401 else ():
        if words in text:
            return Refused(sentence)
    if answer.status == 401:
        return Refused(f"Identity-Aware Proxy does not take this sign-in: {fit(' '.join(text.split()))[:200]}")
    if answer.status == 403:
        return Refused(_ROLE)
    return Refused(
        f"what answers at this address (HTTP {answer.status}) is not Countersign: look at the address that you"
        " signed in for, and whether that service has the HTTP API"
    )


def problem(answer: Response) -> Problem:
    """Read a problem document; one that is none is told by its status."""
    return Problem(answer.status, objects.of(answer.body) or {}, retry_after=_seconds(answer))


def _redirected(answer: Response, auth_host: str) -> str:
    host = urlsplit(answer.headers.get("location", "")).netloc.rpartition("@")[2].lower()
    if host in ("accounts.google.com", auth_host):
        return _UNSEEN
    if host == "auth.cloud.google" or host.endswith(".cloud.google"):
        return _WORKFORCE
    return _EXTERNAL


def _seconds(answer: Response) -> float | None:
    """`Retry-After`, in the form that Countersign gives it."""
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isascii() and said.isdigit() and len(said) < 6 else None
