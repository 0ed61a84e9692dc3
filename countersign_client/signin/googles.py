"""Google's own library for sign-in, on calls of ours: each ends at a deadline, and nothing more is installed."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from countersign_client.calls import NoAnswer, Response, send
from countersign_client.errors import ClientError, Refused, Unreachable, Unusable
from countersign_client.lines import fit
from countersign_client.streams import left_until

_LOOK = 3.0
"""Seconds for one look whether there is a metadata server: where there is none, packets go nowhere."""

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_NONE = (
    "no service account is known here: name its key file in GOOGLE_APPLICATION_CREDENTIALS, or run this where"
    " Google Cloud attaches one"
)


class Transport:
    """What google-auth makes its calls by (google.auth.transport.Request).

    It sleeps and repeats when it sees an answer that may pass, or an error of its own; so it sees neither.
    """

    def __init__(self, timeout: float) -> None:
        self._left = left_until(time.monotonic() + timeout)

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> "_Answer":
        # Only the metadata server is asked with a limit.
        is_near = bool(more.get("timeout"))
        raw = body.encode() if isinstance(body, str) else body
        try:
            limit = min(self._left(), _LOOK) if is_near else self._left()
            answer = send(method, url, timeout=limit, headers=headers, body=raw)
        except (NoAnswer, TimeoutError) as error:
            if is_near:
                raise Unusable(_NONE) from error
            raise Unreachable(f"Google does not answer ({error}): try again in a minute") from error
        if answer.status in _PASSING:
            raise Unreachable(f"Google answers with HTTP {answer.status}: try again in a minute")
        return _Answer(answer)


class _Answer:
    """An answer as google-auth takes it (google.auth.transport.Response)."""

    def __init__(self, answer: Response) -> None:
        self.status, self.headers, self.data = answer


def asked(ask: Callable[[], object]) -> str:
    """Return the token that google-auth fetches or signs. Raises `ClientError` for what it raises."""
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError  # noqa: PLC0415 - slow to load

    try:
        found = ask()
    except ClientError:
        raise
    except DefaultCredentialsError as error:
        raise Unusable(_NONE) from error
    except GoogleAuthError as error:
        raise Refused(f"Google refuses: {fit(error.args[0] if error.args else error)[:200]}") from error
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Unusable("the file in GOOGLE_APPLICATION_CREDENTIALS is no key of a service account") from error
    return found.decode() if isinstance(found, bytes) else str(found)


def access_token(timeout: float) -> str:
    """Return an access token of whoever runs this (application-default credentials). Raises `ClientError`."""

    def ask() -> object:
        import google.auth  # noqa: PLC0415 - slow to load

        transport: Any = Transport(timeout)
        found: Any = google.auth.default(scopes=[_SCOPE], request=transport)
        credentials = found[0]
        credentials.refresh(transport)
        return credentials.token

    return asked(ask)
