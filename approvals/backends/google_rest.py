"""Calls of Google's REST APIs by their discovery documents: one connection, one attempt, one deadline.

Importing this module loads Google's libraries, so backends do it when they first call. `google.auth` as a whole
comes before any part of it: two threads that load a package and a part of it at once would wait for each other,
and Python ends one of the two imports with an error.
"""

import http.client
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

import google.auth
import google.auth.exceptions
import google.oauth2.credentials
import httplib2
from googleapiclient.discovery import build
from googleapiclient.errors import Error, HttpError

from approvals.backends import calls
from approvals.backends.google_credentials import CLOUD, CredentialsError, Refresh, find_within
from approvals.refusals.errors import CountersignError, Unavailable
from countersign_client.streams import left_until

_CREDENTIALS = (CredentialsError, google.auth.exceptions.RefreshError)
_NO_ANSWER = (OSError, UnicodeDecodeError, Unavailable, google.auth.exceptions.GoogleAuthError, Error)
_log = logging.getLogger(__name__)


_SERVICE, _CONSUMER = re.compile(r"[a-z]{2,40}\.googleapis\.com"), re.compile(r"projects/[a-z0-9-]{1,40}")
_CONSTRAINT = re.compile(r"constraints/([A-Za-z0-9_.]{1,100})")
Silence = Literal["none", "credentials", "garbled"]


class RestError(CountersignError):
    """An error answer with its HTTP `code` and Google's sentence; code 0 means that no answer came.

    `silence` says why no answer came that can be used. What libraries say of it is in the log alone.
    """

    def __init__(
        self, code: int, text: str, *, silence: Silence = "none", disabled: str = "", constraint: str = ""
    ) -> None:
        """`disabled` is the line for gcloud that switches on the API which is not. `constraint` is the one of an
        organization policy that forbids what was asked (`iam.allowedPolicyMemberDomains`)."""
        super().__init__(text)
        self.code = code
        self.silence = silence
        self.disabled = disabled
        self.constraint = constraint


def _disabled(error: HttpError) -> str:
    """How to switch an API on that is off (google.rpc.ErrorInfo, reason SERVICE_DISABLED); empty for other errors.

    The names go into a line that people copy, so they must be of the form of Google's.
    """
    for detail in error.error_details if isinstance(error.error_details, list) else ():
        told = detail.get("metadata") if isinstance(detail, dict) else None
        if isinstance(told, dict) and detail.get("reason") == "SERVICE_DISABLED":
            service, consumer = str(told.get("service", "")), str(told.get("consumer", ""))
            if _SERVICE.fullmatch(service) and _CONSUMER.fullmatch(consumer):
                return f"gcloud services enable {service} --project={consumer.removeprefix('projects/')}"
    return ""


def _constraint(error: HttpError) -> str:
    """Which constraint of an organization policy a call broke (google.rpc.PreconditionFailure); else empty."""
    for detail in error.error_details if isinstance(error.error_details, list) else ():
        violations = detail.get("violations") if isinstance(detail, dict) else None
        for each in violations if isinstance(violations, list) else ():
            found = _CONSTRAINT.fullmatch(str(each.get("type", ""))) if isinstance(each, dict) else None
            if found is not None:
                return found[1]
    return ""


def seconds_left(timeout: float) -> Callable[[], float]:
    """Return what tells how much of a time is left, for calls that share it."""
    deadline = time.monotonic() + timeout
    return lambda: deadline - time.monotonic()


class Rest:
    """One API. `base_url` replaces `https://SERVICE.googleapis.com` by `base_url/SERVICE` (an emulator).

    With a base URL a fixed word stands for the credentials, so that no real token goes to an emulator;
    without one they are the application-default credentials, for all of Google Cloud or for another `scope`.
    """

    def __init__(self, service: str, version: str, *, base_url: str | None, scope: str = CLOUD) -> None:
        self._authority = Authority(base_url, scope=scope)
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
            left = left_until(deadline)
            answer = request.execute(http=Signed(self._authority(left), left), num_retries=0)
        except HttpError as error:
            said, off, broken = str(error.reason), _disabled(error), _constraint(error)
            raise RestError(error.status_code, said, disabled=off, constraint=broken) from error
        except _CREDENTIALS as error:
            _log.warning("%s: %s", type(error).__name__, error)
            raise RestError(
                0,
                "Google cannot be asked with the credentials of this service, whose log says why",
                silence="credentials",
            ) from error
        except _NO_ANSWER as error:
            _log.warning("no answer from Google: %s: %s", type(error).__name__, error)
            raise RestError(0, "Google did not answer") from error
        if not isinstance(answer, dict):  # the library hands on as text what is no JSON
            raise RestError(0, "Google's answer was no JSON object", silence="garbled")
        if "error" in answer and answer.get("done") is not True:  # that of an operation is for whoever began it
            raise RestError(0, "Google's answer was an error that says that it is none", silence="garbled")
        return answer


class Authority:
    """The credentials, found once: with a base URL a fixed word, so that no real token goes to an emulator."""

    def __init__(self, base_url: str | None, *, scope: str = CLOUD) -> None:
        self._base_url = base_url
        self._scope = scope
        self._found: Any = None

    def __call__(self, left: Callable[[], float]) -> Any:
        """Raises `CredentialsError`, or `TimeoutError`."""
        if self._found is None:
            self._found = self._find(left)
        return self._found

    def _find(self, left: Callable[[], float]) -> Any:
        if self._base_url:
            return google.oauth2.credentials.Credentials("sandbox")  # type: ignore[no-untyped-call]
        return find_within(left(), scope=self._scope)


class Signed:
    """What googleapiclient sends a request through: adds the credentials, sends before the deadline or never."""

    def __init__(self, credentials: Any, left: Callable[[], float]) -> None:
        self._credentials = credentials
        self._left = left

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        """Send once, and a second time only after a 401, with new credentials."""
        refresh = Refresh(self._left)
        signed = dict(headers or {})
        self._credentials.before_request(refresh, method, uri, signed)
        answer = self._sent(uri, method, body, signed)
        if answer[0].status != http.client.UNAUTHORIZED:
            return answer
        self._credentials.refresh(refresh)
        self._credentials.before_request(refresh, method, uri, signed)
        return self._sent(uri, method, body, signed)

    def _sent(
        self, uri: str, method: str, body: Any, headers: Mapping[str, str]
    ) -> tuple[httplib2.Response, bytes]:
        # The library asks for compressed answers: how large they are would be known only afterwards.
        plain = {name: value for name, value in headers.items() if name.lower() != "accept-encoding"}
        raw = body.encode() if isinstance(body, str) else body
        answer = calls.send(method, uri, timeout=self._left(), headers=plain, body=raw)
        return httplib2.Response({**answer.headers, "status": str(answer.status)}), answer.body
