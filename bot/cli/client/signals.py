"""Signals that end programs, while there is something to give back first."""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_TYPED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGQUIT") if hasattr(signal, name))
"""A terminal sends them to the command as well."""

_ENDING = (*_TYPED, *(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)))


class Stopped(BaseException):
    """A signal came while something could be stopped."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Signals:
    """Holds what ends programs back from the first moment to the last, so that none of them comes between two."""

    def __init__(self) -> None:
        self._came: list[int] = []
        self._stops_at: int | None = None
        self._running: subprocess.Popen[bytes] | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing ends this program meanwhile but what is stoppable."""
        before = {number: signal.signal(number, self._receive) for number in _ENDING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def stoppable(self, *, after: int = 1) -> Iterator[None]:
        """So many signals stop this, by raising `Stopped`; those that came before count."""
        try:
            self._stops_at = after
            self._stop()
            yield
        finally:
            self._stops_at = None

    def run(self, command: Sequence[str]) -> int:
        """Run a command with our own input and output; its exit code, or 128 and the signal that ended it.

        What only this process gets is passed on to it. Raises `OSError` where it cannot be run, and `Stopped`
        where a signal came before.
        """
        with self.stoppable():
            pass
        self._running = subprocess.Popen(command)  # noqa: S603 - it is what the person typed
        # One that came while it was started has not been passed on.
        for number in self._came:
            self._pass_on(number)
        try:
            code = self._running.wait()
        finally:
            self._running = None
        return code if code >= 0 else 128 - code

    def _receive(self, number: int, _: Any) -> None:
        self._came.append(number)
        if self._running is not None:
            self._pass_on(number)
        self._stop()

    def _pass_on(self, number: int) -> None:
        if self._running is not None and number not in _TYPED:
            self._running.send_signal(number)

    def _stop(self) -> None:
        if self._stops_at is not None and len(self._came) >= self._stops_at:
            raise Stopped(self._came[0])
