"""One call through Identity-Aware Proxy: signed in, bounded in time, and repeated only where that is safe.

A call that changes something carries an idempotency key, by which the service knows it again: when its answer is
lost on the way, the same is sent once more, and is done once.
"""

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from countersign_client import objects
from countersign_client.calls import Into, NoAnswer, Response, Taker, held, send
from countersign_client.errors import ClientError, Unreachable, Unusable
from countersign_client.refusals import is_of_the_proxy, is_wrong_audience, of_the_proxy, problem
from countersign_client.signin.credential import Credential
from countersign_client.signin.places import safe

TIMEOUT = 60.0
"""Seconds for a call with all its repetitions."""

_ONE = 20.0
"""Seconds for one try, beside what the service is asked to hold its answer back."""

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
_BUSY = frozenset({502, 503, 504})
_AGAIN = frozenset({"idempotency.running", "conflict", "pace", "polls.own"})
_LOST = "What you asked may have been done: look before you ask again"


class _Call(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    hold: float = 0.0


class Exchange:
    """The way to one service."""

    def __init__(
        self, url: str, credential: Credential, *, proxy_authorization: bool = False, auth_host: str = ""
    ) -> None:
        self.url = origin(url)
        self._credential = credential
        self._header = "Proxy-Authorization" if proxy_authorization else "Authorization"
        self._auth_host = auth_host
        # Which audience IAP takes is known when it has refused the other one.
        self._whole_host = False

    def get(
        self,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        hold: float = 0.0,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Ask for something. Raises `ClientError`.

        The service may hold its answer back for `hold` seconds. All is over after `TIMEOUT` seconds more, or after
        `timeout` in all.
        """
        given = urlencode({name: value for name, value in (query or {}).items() if value not in ("", None)})
        call = _Call("GET", f"{path}?{given}" if given else path, hold=hold)
        return self._until_answered(call, TIMEOUT + hold if timeout is None else timeout)

    def post(
        self, path: str, body: Mapping[str, object], *, key: str = "", method: str = "POST"
    ) -> dict[str, Any]:
        """Change something, once, however often it has to be sent. `key` is made where none is given."""
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f'"{key or secrets.token_urlsafe(24)}"',
        }
        sent = {name: value for name, value in body.items() if value not in ("", None)}
        return self._until_answered(_Call(method, path, headers, json.dumps(sent).encode()), TIMEOUT)

    def download(self, path: str, query: Mapping[str, object], *, media: str, take: Taker, timeout: float) -> None:
        """Have somebody take a file of this media type, piece by piece. Raises `ClientError`.

        What was taken is all of it once this returns, and of no use where it raises. It is asked for again only
        where the service said so, and then nothing was taken.
        """
        given = urlencode({name: value for name, value in query.items() if value not in ("", None)})
        call = _Call("GET", f"{path}?{given}", hold=timeout)
        taken = False

        def into(status: int, headers: Mapping[str, str]) -> Taker | None:
            nonlocal taken
            taken = status == 200 and headers.get("content-type", "").partition(";")[0] == media
            return take if taken else None

        end, pauses = time.monotonic() + timeout, iter(_PAUSES)
        while True:
            try:
                answer = self._sent(call, end, into)
            except NoAnswer as error:
                raise self._lost(call, error) from error
            if taken:
                return
            failure, wait = self._failed(answer, next(pauses, None))
            if wait is None or not problem(answer).code or time.monotonic() + wait >= end:
                raise failure
            time.sleep(wait)

    def _until_answered(self, call: "_Call", timeout: float) -> dict[str, Any]:
        end = time.monotonic() + timeout
        pauses = iter(_PAUSES)
        while True:
            pause = next(pauses, None)
            try:
                answer = self._sent(call, end)
            except NoAnswer as error:
                failure, wait = self._lost(call, error), pause
            else:
                if answer.status in (200, 201) and not is_of_the_proxy(answer):
                    return _object(answer)
                failure, wait = self._failed(answer, pause)
            if wait is None or time.monotonic() + wait >= end:
                raise failure
            time.sleep(wait)

    def _sent(self, call: "_Call", end: float, into: Into = held) -> Response:
        url = self.url + call.path
        while True:
            left = max(end - time.monotonic(), 0.1)
            token = self._credential.token(
                url.partition("?")[0], whole_host=self._whole_host, timeout=min(left, _ONE)
            )
            headers = {"Accept": "application/json", self._header: f"Bearer {token}", **call.headers}
            limit = min(max(end - time.monotonic(), 0.1), _ONE + call.hold)
            answer = send(call.method, url, timeout=limit, headers=headers, body=call.body or None, into=into)
            if self._whole_host or not is_wrong_audience(answer):
                return answer
            self._whole_host = True

    def _failed(self, answer: Response, pause: float | None) -> tuple[ClientError, float | None]:
        """What an answer means that is none, and after how many seconds the same may be sent again."""
        if answer.status in _BUSY:
            said = problem(answer)
            wait = pause if said.retry_after is None or pause is None else max(said.retry_after, pause)
            return Unreachable(str(said) if said.code else _busy(answer)), wait
        if is_of_the_proxy(answer):
            hint = self._credential.audience_hint
            return of_the_proxy(answer, auth_host=self._auth_host, audience_hint=hint), None
        said = problem(answer)
        if said.code not in _AGAIN or pause is None:
            return (Unreachable(str(said)) if answer.status >= 500 else said), None
        return said, pause if said.retry_after is None else said.retry_after

    def _lost(self, call: "_Call", error: NoAnswer) -> ClientError:
        what = _LOST if call.method != "GET" else "Look whether the address is right, and try again in a minute"
        return Unreachable(f"{urlsplit(self.url).netloc} gives no whole answer ({error}). {what}")


def origin(url: str) -> str:
    """Return the address of a service, without a path. Raises `Unusable`."""
    parts = urlsplit(safe(url, what="the address of the service"))
    if parts.path not in ("", "/") or parts.query:
        raise Unusable(
            "the address of the service is that of its host alone, such as https://countersign.example.com"
        )
    return f"{parts.scheme}://{parts.netloc}"


def _object(answer: Response) -> dict[str, Any]:
    told = objects.of(answer.body)
    if told is None:
        raise Unreachable("the service answers in another form than this version knows")
    return told


def _busy(answer: Response) -> str:
    return f"the service does not answer now (HTTP {answer.status}): try again in a minute"
