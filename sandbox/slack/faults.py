"""Faults that a test asks for: what the next calls to a Web API method suffer."""

import threading
from typing import Literal

import msgspec

from sandbox.drips import Step

Kind = Literal["ratelimit", "error", "delay", "lost", "drop", "refuse", "drip"]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """`ratelimit`: 429 with Retry-After; `error`: 500; `delay`: `seconds` late; `lost`: done, but answered with
    500; `drop`: done, but the connection is cut; `refuse`: `ok: false` with `code` and `messages`; `drip`: done,
    but answered in drops from `step` on. `method` `*` is any method.
    """

    method: str
    kind: Kind
    times: int = 1
    seconds: float = 1
    code: str = "fatal_error"
    messages: tuple[str, ...] = ()
    step: Step = "body"


class Faults:
    """The faults still to come, used up in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self.calls: dict[str, int] = {}

    def add(
        self,
        method: str,
        kind: Kind,
        *,
        times: int = 1,
        seconds: float = 1,
        code: str = "fatal_error",
        messages: tuple[str, ...] = (),
        step: Step = "body",
    ) -> None:
        """Make the next `times` calls of `method` suffer."""
        fault = Fault(
            method=method, kind=kind, times=times, seconds=seconds, code=code, messages=messages, step=step
        )
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget the faults that have not struck yet."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str) -> Fault | None:
        """Count a call, and use up the fault that strikes it."""
        with self._lock:
            self.calls[method] = self.calls.get(method, 0) + 1
            for index, fault in enumerate(self._waiting):
                if fault.method in (method, "*"):
                    left = msgspec.structs.replace(fault, times=fault.times - 1)
                    self._waiting[index : index + 1] = [left] if left.times > 0 else []
                    return fault
            return None
