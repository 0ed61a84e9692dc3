"""Calls that are sent again: each key has one answer, whoever of us is asked."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec

from approvals.answers import Answer, Answered, Call, Keeping
from approvals.changes import Mark
from approvals.refusals.errors import Conflict, Refused
from approvals.requests import Request
from approvals.uses.commits import With
from handlers.wire.problems import Fault
from handlers.wire.written import Reply, Written, said, written

_RUNNING = "A call with this Idempotency-Key is under way. Ask again in a moment: you will get its answer."
_REUSED = "This Idempotency-Key was used for another call. Take a new one."


def named(account: str, key: str, *, method: str, path: str, body: bytes, token: Mark | None = None) -> Call:
    """A call by all that it says. `token` is spent with what it changes."""
    text = hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()
    return Call(account=account, key=key, digest=text, token=token)


def filing(call: Call) -> str:
    """By what the request that a call files is found for good.

    It stays when what was typed is erased: nobody can try texts against it who has not the call's own key.
    """
    return "api:" + hashlib.sha256(f"{call.key}\n{call.digest}".encode()).hexdigest()


class Once:
    """Finds the answers of calls that were answered, and has them kept with what they change."""

    def __init__(self, answering: Keeping) -> None:
        self._answering = answering
        self._lock = threading.Lock()
        self._under_way: set[tuple[str, str]] = set()

    @contextmanager
    def running(self, call: Call) -> Iterator[None]:
        """Raises `Fault` while a call with the same key is under way here. Of others the store tells."""
        name = (call.account, call.key)
        with self._lock:
            if name in self._under_way:
                raise Fault(409, "idempotency.running", _RUNNING, retry=1.0)
            self._under_way.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._under_way.discard(name)

    def done(self, call: Call, change: Callable[[], Reply], *, now: datetime, status: int) -> Written:
        """What the change answers, or with this status what the same call was answered before, here or elsewhere.

        Raises what the change does, and `Fault` where the key was another call's.
        """
        found = self._earlier(call, now=now)
        if found is None:
            try:
                return written(change(), account=call.account)
            except Answered as answered:
                # Another instance was faster.
                found = same(call, answered.answer)
            except (Refused, Conflict):
                # What stands against it may be what the same call has done there.
                found = self._earlier(call, now=now)
                if found is None:
                    raise
        response = said(found.body.encode(), status=status)
        response.headers["Idempotent-Replayed"] = "true"
        return response

    def _earlier(self, call: Call, *, now: datetime) -> Answer | None:
        found = self._answering.earlier(call, now=now)
        return None if found is None else same(call, found)

    def beside(self, call: Call, *, now: datetime) -> Callable[[Callable[[Request], Any]], With]:
        """Has the answer kept, made of what the request became. The change raises `Answered` as `keeping` says."""

        def keeping(write: Callable[[Request], Any]) -> With:
            def text(request: Request) -> str:
                return msgspec.json.encode(write(request)).decode()

            return self._answering.keeping(call, write=text, now=now)

        return keeping


def same(call: Call, found: Answer) -> Answer:
    """An answer to exactly this call. Raises `Fault` where it was given to another one under the same key."""
    if found.digest != call.digest:
        raise Fault(422, "idempotency.reused", _REUSED)
    return found
