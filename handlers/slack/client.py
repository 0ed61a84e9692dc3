"""Calls to Slack's Web API: one TLS context, a deadline for each call, no retries, errors of our own kinds."""

import http.client
import logging
import ssl
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from approvals.errors import CountersignError, Unavailable

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
        super().__init__(f"Slack limits the rate of {method}: again in {retry_after:g} s")
        self.retry_after = retry_after


class SlackApi:
    """The bot's Web API, for any number of threads.

    Nothing is retried here: a second `chat.postMessage` could post twice, and waiting would hold a thread.
    """

    def __init__(self, *, token: str, base_url: str = API) -> None:
        self._token = token
        self._base_url = base_url if base_url.endswith("/") else f"{base_url}/"
        self._logger = _quiet_logger()
        self._clients: dict[float, WebClient] = {}

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Made once: a context for each call costs 23 ms of CPU. Made late: the start is to be quick.
        return ssl.create_default_context()

    def web_client(self, *, timeout: float) -> WebClient:
        """Return the client whose calls give up after `timeout` seconds."""
        client = self._clients.get(timeout)
        if client is None:
            client = WebClient(
                token=self._token,
                base_url=self._base_url,
                timeout=timeout,  # type: ignore[arg-type]  # urllib takes fractions
                ssl=self._tls if self._base_url.startswith("https:") else None,
                retry_handlers=[],
                logger=self._logger,
            )
            if len(self._clients) < 64:
                self._clients[timeout] = client
        return client

    def form(self, method: str, *, timeout: float, **arguments: str | int | bool) -> Mapping[str, Any]:
        """Call a method that reads form fields. Raises `SlackRefused`, `RateLimited` or `Unavailable`."""
        return self._call(method, timeout=timeout, params=arguments, json=None)

    def json(self, method: str, *, timeout: float, **arguments: Any) -> Mapping[str, Any]:
        """Call a method that reads a JSON body. Raises `SlackRefused`, `RateLimited` or `Unavailable`."""
        return self._call(method, timeout=timeout, params=None, json=arguments)

    def _call(
        self, method: str, *, timeout: float, params: dict[str, Any] | None, json: dict[str, Any] | None
    ) -> Mapping[str, Any]:
        try:
            answer = self.web_client(timeout=timeout).api_call(method, params=params, json=json)
        except SlackApiError as error:
            raise refusal(method, error) from None
        except (SlackClientError, OSError, http.client.HTTPException, ValueError) as error:
            raise Unavailable(f"Slack did not answer {method}: {type(error).__name__}") from error
        data = answer.data
        if not isinstance(data, dict):
            raise Unavailable(f"Slack answered {method} with something unreadable")
        return data


def _quiet_logger() -> logging.Logger:
    # Below WARNING the client logs, and at each call formats, headers and bodies.
    logger = logging.getLogger("countersign.slack.api")
    logger.setLevel(logging.WARNING)
    return logger


def refusal(method: str, error: SlackApiError) -> CountersignError:
    """Return what an error answer means here: `SlackRefused`, `RateLimited` or `Unavailable`."""
    response = error.response
    data = response.data if isinstance(response.data, dict) else {}
    code = str(data.get("error", ""))
    if response.status_code == 429:
        return RateLimited(method, _seconds(response.headers))
    if response.status_code >= 500 or not data or code in _PASSING or " " in code:
        return Unavailable(f"Slack could not do {method}: HTTP {response.status_code}")
    problems = list(data.get("response_metadata", {}).get("messages") or ())[:3]
    # Of a missing scope (docs.slack.dev, "missing_scope"): which one to add.
    problems += [f"the app needs the scope {data['needed']}"] if data.get("needed") else []
    return SlackRefused(method, code, "".join(f"; {problem}" for problem in problems))


def _seconds(headers: Mapping[str, str]) -> float:
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return float(given) if given.isdigit() else 1.0
