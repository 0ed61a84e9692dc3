"""The credentials by which Google knows the service (https://cloud.google.com/docs/authentication/provide-credentials-adc)."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from approvals.backends import calls
from approvals.refusals.errors import CountersignError, Unavailable
from countersign_client.aside import Aside
from countersign_client.streams import left_until

REFRESH = 10.0
"""Seconds for one refresh that no call with a deadline of its own waits for."""

_UNNAMED = "default"
"""What google.auth.compute_engine calls an account that it has not asked for."""

_LOOK = 3.0  # seconds for one question whether there is a metadata server
_REPEATED = frozenset({408, 429, 500, 502, 503, 504})
_found: Aside[Any] = Aside("credentials")
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
"""What a token is for: all of Google Cloud, and nothing of Google Workspace."""


class CredentialsError(CountersignError):
    """There are no credentials, or none that can be used; the text says what would mend it."""


def find_within(timeout: float, *, scope: str = CLOUD) -> Any:
    """The same as `find`, beside: looking for the metadata server knows no time limit as a whole.

    Raises `CredentialsError`, or `TimeoutError`.
    """
    return _found.get(scope, partial(find, scope=scope), timeout=timeout)


def bounded(credentials: Any) -> Any:
    """Let the credentials refresh their token within `REFRESH` seconds, whatever library asks them to.

    Libraries that speak gRPC bring a transport of their own for that, which counts two minutes for each read.
    """
    refresh = credentials.refresh
    credentials.refresh = lambda _: refresh(Refresh(left_until(time.monotonic() + REFRESH)))
    return credentials


def account(*, timeout: float) -> str:
    """The address of the service account that Google knows this service by; empty where it is a person.

    Raises `CredentialsError`, `TimeoutError`, or `Unavailable`.
    """
    left = left_until(time.monotonic() + timeout)
    credentials = find_within(left())
    if getattr(credentials, "service_account_email", "") == _UNNAMED:
        # On Google Cloud the machine says whose token it gives, and not before it gives one.
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

        try:
            credentials.refresh(Refresh(left))
        except GoogleAuthError as error:
            raise Unavailable(f"no token could be had: {error}") from error
    return str(getattr(credentials, "service_account_email", "") or "")


class Refresh:
    """What google-auth makes its own calls by: each ends at the deadline of the call that needs the token.

    google-auth sleeps and repeats when it sees an answer that may pass, or a `TransportError`; so it sees neither.
    """

    def __init__(self, left: Callable[[], float]) -> None:
        self._left = left

    def __call__(
        self, url: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> "_Refreshed":
        raw = body.encode() if isinstance(body, str) else body
        answer = calls.send(method, url, timeout=self._left(), headers=headers, body=raw)
        if answer.status in _REPEATED:
            raise Unavailable(f"HTTP {answer.status} instead of a token")
        return _Refreshed(answer)


class _Refreshed:
    """An answer as google-auth takes it (google.auth.transport.Response)."""

    def __init__(self, answer: calls.Response) -> None:
        self.status, self.headers, self.data = answer


def _looking(url: str, **call: Any) -> "_Refreshed":
    """Looks for the metadata server, of which google-auth expects that it may not be there."""
    from google.auth.exceptions import TransportError  # noqa: PLC0415

    try:
        return Refresh(left_until(time.monotonic() + _LOOK))(url, **call)
    except Unavailable as error:
        raise TransportError(str(error)) from error  # type: ignore[no-untyped-call]


def find(*, scope: str = CLOUD) -> Any:
    """Find the application-default credentials. They are not tried: the first call does that.

    Raises `CredentialsError`.
    """
    import google.auth  # noqa: PLC0415 - Google's libraries load when they are first needed
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

    try:
        credentials, _ = google.auth.default(scopes=(scope,), request=_looking)  # type: ignore[arg-type]
    except GoogleAuthError as error:
        raise _unusable(str(error.args[0] if error.args else error)) from error
    except OSError as error:
        raise _unusable(f"{error.filename}: {error.strerror}") from error
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        # Google's library takes for granted that the file is in one of its forms.
        raise _unusable("the file that is named holds none") from error
    return credentials


def _unusable(why: str) -> CredentialsError:
    return CredentialsError(
        f"Google's application-default credentials cannot be used: {why.rstrip('.')}. "
        "On Google Cloud give the service an account of its own; elsewhere let GOOGLE_APPLICATION_CREDENTIALS "
        "name a file, or run `gcloud auth application-default login`"
    )
