"""Calls to Slack's Web API: a deadline for each call, no retries, errors of our own kinds."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from approvals.refusals.errors import CountersignError, Unavailable
from handlers.slack.pulse import Pulse

API = "https://slack.com/api/"

# Errors that pass by themselves (docs.slack.dev, the "errors" of each method).
_PASSING = frozenset(
    {
        "fatal_error",
        "internal_error",
        "ratelimited",
        "rate_limited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)


class SlackRefused(CountersignError):
    """Slack refused a call for good. `code` is Slack's error code, `detail` what it says besides."""

    def __init__(self, method: str, code: str, detail: str = "") -> None:
        super().__init__(f"Slack refused {method}: {code}{detail}")
        self.code = code
        self.detail = detail


class RateLimited(Unavailable):
    """Slack asks to wait `retry_after` seconds (HTTP 429)."""

    def __init__(self, method: str, retry_after: float) -> None:
        super().__init__(f"Slack limits the rate of {method}: again in {retry_after:g} s", retry_after=retry_after)


class Response(Protocol):
    """An answer of whatever status; headers by lower-case name."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


class Send(Protocol):
    def __call__(
        self, method: str, url: str, *, timeout: float, headers: Mapping[str, str], body: bytes
    ) -> Response:
        """Make one call, all of which is over after `timeout` seconds. Raises `Unavailable`."""


class SlackApi:
    """The Web API by one token, for any number of threads. `send` makes the calls.

    Nothing is retried here: a second `chat.postMessage` could post twice, and waiting would hold a thread.
    """

    def __init__(self, *, token: str, send: Send, base_url: str = API, pulse: Pulse | None = None) -> None:
        """`pulse` is told whether Slack answers."""
        self._token = token
        self._send = send
        self._pulse = pulse
        self._base_url = base_url if base_url.endswith("/") else f"{base_url}/"
        self.scopes: frozenset[str] | None = None
        """What the token may do, as Slack said with its last answer (docs.slack.dev, "Scopes")."""

    def form(self, method: str, *, timeout: float, **arguments: str | int | bool) -> Mapping[str, Any]:
        """Call a method that reads form fields. Raises `SlackRefused`, `RateLimited` or `Unavailable`."""
        fields = {name: int(value) if isinstance(value, bool) else value for name, value in arguments.items()}
        with self._heard():
            return self._call(method, "application/x-www-form-urlencoded", urlencode(fields), timeout)

    def json(self, method: str, *, timeout: float, **arguments: Any) -> Mapping[str, Any]:
        """Call a method that reads a JSON body. Raises `SlackRefused`, `RateLimited` or `Unavailable`."""
        with self._heard():
            return self._call(method, "application/json; charset=utf-8", json.dumps(arguments), timeout)

    @contextmanager
    def _heard(self) -> Iterator[None]:
        """A refusal is an answer, and so is the wish to be asked later."""
        pulse = self._pulse
        if pulse is None:
            yield
            return
        try:
            yield
        except SlackRefused as error:
            pulse.answered(error.code)
            raise
        except RateLimited:
            pulse.answered()
            raise
        except Unavailable:
            pulse.unanswered()
            raise
        pulse.answered()

    def respond(self, url: str, *, timeout: float, **answer: Any) -> None:
        """Answer whoever acted, for their eyes alone, at the address that Slack gave for it.

        It reaches them in channels that the app is not in (docs.slack.dev, Handling user interaction).
        Raises `SlackRefused` or `Unavailable`.
        """
        if not self._is_slacks(url):
            raise SlackRefused("response_url", "foreign_address")
        body = json.dumps({"response_type": "ephemeral", "replace_original": False, **answer}).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        told = self._send("POST", url, timeout=timeout, headers=headers, body=body)
        if told.status >= 500 or told.status == 429:
            raise Unavailable(f"Slack could not do response_url: HTTP {told.status}")
        if told.status != 200:
            raise SlackRefused("response_url", f"HTTP {told.status}")

    def _is_slacks(self, url: str) -> bool:
        """The address is one of Slack's, at `hooks.` before the host of its API; a sandbox has one host."""
        try:
            given, ours = urlsplit(url), urlsplit(self._base_url)
        except ValueError:
            return False
        return given.scheme == ours.scheme and given.netloc in (ours.netloc, f"hooks.{ours.netloc}")

    def _call(self, method: str, kind: str, body: str, timeout: float) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        url = f"{self._base_url}{method}"
        try:
            answer = self._send("POST", url, timeout=timeout, headers=headers, body=body.encode())
        except Unavailable as error:
            raise Unavailable(f"Slack did not answer {method}: {error}") from error
        if (granted := answer.headers.get("x-oauth-scopes")) is not None:
            self.scopes = frozenset(scope.strip() for scope in granted.split(","))
        data = _object(answer.body)
        if answer.status == 200 and data.get("ok") is True:
            return data
        raise refusal(method, answer, data)


def _object(body: bytes) -> Mapping[str, Any]:
    """What an answer says; nothing where it is no JSON object, such as a proxy's page."""
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def refusal(method: str, answer: Response, data: Mapping[str, Any]) -> CountersignError:
    """Return what an error answer means here: `SlackRefused`, `RateLimited` or `Unavailable`."""
    code = str(data.get("error", ""))
    if answer.status == 429:
        return RateLimited(method, _seconds(answer.headers))
    if answer.status >= 500 or not code or code in _PASSING:
        return Unavailable(f"Slack could not do {method}: HTTP {answer.status}")
    problems = list(data.get("response_metadata", {}).get("messages") or ())[:3]
    # Of blocks that it does not take (docs.slack.dev, blocks.validate): where, and what is wrong.
    listed = [each for each in data.get("errors") or () if isinstance(each, dict)]
    problems += [f"{each.get('pointer', '')} {each.get('message', '')}".strip() for each in listed[:3]]
    # Of a missing scope (docs.slack.dev, "missing_scope"): which one to add.
    problems += [f"the app needs the scope {data['needed']}"] if data.get("needed") else []
    return SlackRefused(method, code, "".join(f"; {problem}" for problem in problems))


def _seconds(headers: Mapping[str, str]) -> float:
    given = headers.get("retry-after", "")
    return float(given) if given.isascii() and given.isdigit() else 1.0
