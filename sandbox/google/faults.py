"""Faults on purpose: answers that fail, come late, get lost, or wait to be released."""

import threading
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from sandbox.drips import Step

STALL_SECONDS = 60.0
"""A stalled call goes on by itself after this, so that a forgotten one cannot hang a run."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to the next `times` calls of a method (the end of its id, as `projects.setIamPolicy`), of one
    `resource` or of any.

    `status` answers with that error and does nothing; `disabled` with what Google says of an API of that name that
    is switched off. `delay` (seconds) waits first. `lost` does it, and then
    drops the connection (`connection`) or answers 504 (`answer`). `silence` (seconds) does it and waits before
    the answer. `drip` does it, and answers in drops from that step on. `stall` waits for a release, then does it.
    """

    method: str
    resource: str = ""
    times: int = 1
    status: int = 0
    disabled: str = ""
    delay: float = 0.0
    lost: Literal["", "connection", "answer"] = ""
    silence: float = 0.0
    drip: Step | None = None
    stall: bool = False


class Faults:
    """The faults that are set, in the order in which they were set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[tuple[Fault, int]] = []
        self._released = threading.Event()
        self._stalled = threading.Semaphore(0)

    def set(self, fault: Fault) -> None:
        """Add a fault behind those that are set."""
        with self._lock:
            self._left.append((fault, fault.times))
            if fault.stall:
                self._released.clear()

    def take(self, method: str, resource: str = "") -> Fault | None:
        """Use up and return the first fault that is set for a method of a resource."""
        with self._lock:
            for index, (fault, times) in enumerate(self._left):
                if method.endswith(fault.method) and fault.resource in ("", resource):
                    self._left[index : index + 1] = [(fault, times - 1)] if times > 1 else []
                    return fault
        return None

    def stall(self) -> None:
        """Wait, as a call that is stalled, until `release`."""
        self._stalled.release()
        self._released.wait(STALL_SECONDS)

    def wait_for_stall(self, seconds: float = 60.0) -> None:
        """Wait until a call has arrived and stalls. Raises `TimeoutError`."""
        if not self._stalled.acquire(timeout=seconds):
            raise TimeoutError("no call arrived to be stalled")

    def release(self) -> None:
        """Let every stalled call go on."""
        self._released.set()

    def clear(self) -> None:
        """Forget every fault and release what stalls."""
        with self._lock:
            self._left.clear()
        self.release()

    def control(self, order: Mapping[str, Any]) -> None:
        """Obey `{"set": FAULT}`, `{"release": true}` or `{"clear": true}`. Raises `msgspec.ValidationError`."""
        if "set" in order:
            self.set(msgspec.convert(order["set"], Fault))
        if order.get("release"):
            self.release()
        if order.get("clear"):
            self.clear()
