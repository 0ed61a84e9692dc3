"""Calls of Google's REST APIs by their discovery documents: one connection, one attempt, one deadline.

Importing this module loads Google's libraries, so backends do it when they first call.
"""

import http.client
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import google.auth.exceptions
import google.oauth2.credentials
import google_auth_httplib2
import httplib2
from googleapiclient.discovery import build
from googleapiclient.errors import Error, HttpError

from approvals.backends.google_credentials import CredentialsError, find
from approvals.errors import CountersignError

_CREDENTIALS = (CredentialsError, google.auth.exceptions.RefreshError)
_NO_ANSWER = (
    OSError,
    UnicodeDecodeError,
    http.client.HTTPException,
    httplib2.HttpLib2Error,
    google.auth.exceptions.GoogleAuthError,
    Error,
)
_log = logging.getLogger(__name__)


class RestError(CountersignError):
    """An error answer with its HTTP `code` and Google's sentence; code 0 means that no answer came.

    The text may be shown to people. What libraries say of a missing answer is in the log alone.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def seconds_left(timeout: float) -> Callable[[], float]:
    """Return what tells how much of a time is left, for calls that share it."""
    deadline = time.monotonic() + timeout
    return lambda: deadline - time.monotonic()


class Rest:
    """One API. `base_url` replaces `https://SERVICE.googleapis.com` by `base_url/SERVICE` (an emulator).

    With a base URL a fixed word stands for the credentials, so that no real token goes to an emulator;
    without one they are the application-default credentials.
    """

    def __init__(self, service: str, version: str, *, base_url: str | None) -> None:
        self._base_url = base_url
        self._lock = threading.Lock()
        self._credentials: Any = None
        # The built service is only read; each call brings its own transport, which is what threads cannot share.
        self._api = build(
            service,
            version,
            http=httplib2.Http(),
            static_discovery=True,
            cache_discovery=False,
            client_options={"api_endpoint": f"{base_url.rstrip('/')}/{service}/"} if base_url else None,
        )

    def call(self, prepare: Callable[[Any], Any], *, timeout: float, reason: str = "") -> Mapping[str, Any]:
        """Make the call that `prepare` makes of the API. `timeout` is in seconds, `reason` for Google's audit log.

        Raises `RestError`. A call whose time ran out before it could be sent is not sent.
        """
        deadline = time.monotonic() + timeout
        try:
            request = prepare(self._api)
            if reason:
                request.headers["X-Goog-Request-Reason"] = reason
            answer = request.execute(http=_Signed(self._authority(), _Sender(deadline)), num_retries=0)
        except HttpError as error:
            raise RestError(error.status_code, str(error.reason)) from error
        except _CREDENTIALS as error:
            _log.warning("%s: %s", type(error).__name__, error)
            raise RestError(
                0, "Google cannot be asked with the credentials of this service, whose log says why"
            ) from error
        except _NO_ANSWER as error:
            _log.warning("no answer from Google: %s: %s", type(error).__name__, error)
            raise RestError(0, "Google did not answer") from error
        if not isinstance(answer, dict):  # the library hands on as text what is no JSON
            raise RestError(0, "Google's answer was no JSON object")
        return answer

    def _authority(self) -> Any:
        with self._lock:
            if self._credentials is None:
                self._credentials = self._find()
            return self._credentials

    def _find(self) -> Any:
        if self._base_url:
            return google.oauth2.credentials.Credentials("sandbox")  # type: ignore[no-untyped-call]
        return find()


class _Signed:
    """What googleapiclient sends a request through: adds the credentials."""

    def __init__(self, credentials: Any, sender: "_Sender") -> None:
        self._credentials = credentials
        self._sender = sender

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        """Send once, and a second time only after a 401, with new credentials."""
        refresh = google_auth_httplib2.Request(self._sender)
        signed = dict(headers or {})
        self._credentials.before_request(refresh, method, uri, signed)
        answer = self._sender.request(uri, method, body, signed)
        if answer[0].status != http.client.UNAUTHORIZED:
            return answer
        self._credentials.refresh(refresh)
        self._credentials.before_request(refresh, method, uri, signed)
        return self._sender.request(uri, method, body, signed)


class _Sender:
    """Sends before the deadline (on the monotonic clock) or not at all, each time over a connection of its own."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        """Send once. Raises `TimeoutError`, or what httplib2 raises."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time was up before the call was sent")
        transport = httplib2.Http(timeout=left)
        transport.follow_redirects = False
        kind = _one_connection(secure=uri.startswith("https:"), until=self._deadline)
        try:
            answer: tuple[httplib2.Response, bytes] = transport.request(
                uri, method, body=body, headers=dict(headers or {}), connection_type=kind
            )
        finally:
            transport.close()
        return answer


def _one_connection(*, secure: bool, until: float) -> type:
    """A kind of connection that connects once, and sends nothing after a moment on the monotonic clock.

    httplib2 sends a request again when the server closes the connection without an answer, even a POST that
    took effect; the second one then conflicts with the first. And it limits neither the look-up of the name nor
    connecting and handshake together, so the time is looked at again between those and the request.
    """
    base: Any = httplib2.HTTPSConnectionWithTimeout if secure else httplib2.HTTPConnectionWithTimeout

    class One(base):  # type: ignore[misc]
        _connected = False

        def connect(self) -> None:
            if self._connected:
                raise ConnectionResetError("the connection was closed without an answer")
            super().connect()
            self._connected = True
            if time.monotonic() >= until:
                raise TimeoutError("the time was up before the call was sent")

    return One
