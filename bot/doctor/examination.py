"""Examines parts side by side: one that fails or hangs is a diagnosis, and hides no other."""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from approvals.ports.examining import Diagnosis, Examining, found


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part by the name that its diagnoses have."""

    name: str
    examine: Examining


class _Running:
    """One part in a thread of its own, which nobody waits for once its time is over."""

    def __init__(self, part: Part, *, within: float) -> None:
        self._part = part
        self._within = within
        self._found: list[Diagnosis] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"doctor {part.name}", daemon=True)
        self._end = time.monotonic() + within
        self._thread.start()

    def _run(self) -> None:
        try:
            for each in self._part.examine(timeout=self._within):
                self._note(each)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what was found
            self._note(found(self._part.name, "wrong", "failed", said=_said(error)))

    def _note(self, each: Diagnosis) -> None:
        with self._lock:
            self._found.append(each)

    def diagnoses(self) -> Sequence[Diagnosis]:
        """What was found until the end of its time."""
        self._thread.join(max(self._end - time.monotonic(), 0.0))
        with self._lock:
            seen = tuple(self._found)
        if not self._thread.is_alive():
            return seen
        return (*seen, found(self._part.name, "unknown", "unanswered", seconds=f"{self._within:g}"))


def examined(parts: Iterable[Part], *, within: float) -> Iterator[Sequence[Diagnosis]]:
    """Give what each part found, in the order of the parts, as soon as it is known.

    All of them begin at once, so that all of them end within as many seconds as each one has.
    """
    for each in [_Running(part, within=within) for part in parts]:
        yield each.diagnoses()


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
