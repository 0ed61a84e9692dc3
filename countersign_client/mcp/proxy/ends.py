"""Which tasks came to their end here, so that a restart does not forget it: a file each, and no answers."""

import contextlib
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from countersign_client import shapes
from countersign_client.canonical import digest
from countersign_client.mcp.proxy.writing import forget_old, write

_log = logging.getLogger(__name__)

How = Literal["answered", "failed", "told", "cancelled"]
"""By the upstream's result, by an error, by a sentence that says why there is neither, or by whoever called."""

_REMEMBERED = 1_000
"""Ends that are known here also where none can be written down."""


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How a task ended, and when (RFC 3339)."""

    how: How
    at: str


_UNREADABLE = End(how="told", at="")


class Ends:
    """The ends of one agent's tasks before one server. Its proxies may share a folder, and see each other's."""

    def __init__(self, folder: Path, agent: str) -> None:
        """Open the folder, made where there is none. Raises `OSError`."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._agent = agent
        self._here: dict[str, End] = {}
        self._put = 0
        forget_old(folder)

    def of(self, task: str) -> End | None:
        """Return how a task ended; None of one that did not, as far as is known. Raises `OSError`."""
        try:
            return shapes.decode(self._path(task).read_bytes(), End)
        except FileNotFoundError:
            return self._here.get(task)
        except msgspec.MsgspecError:
            return self._here.get(task, _UNREADABLE)
        except OSError:
            if task in self._here:
                return self._here[task]
            raise

    def put(self, task: str, how: How) -> None:
        """Note that nothing is left of it to do, before anybody is told: whoever asks later starts nothing."""
        end = _now(how)
        self._remember(task, end)
        try:
            self._write(task, end)
        except OSError as error:
            _log.error("%s: that it has ended cannot be written down (%s)", task, error.strerror)

    def cancel(self, task: str) -> None:
        """Note that it was cancelled. Raises `OSError` where that cannot be written down, and then it was not."""
        end = _now("cancelled")
        self._write(task, end)
        self._remember(task, end)

    def _write(self, task: str, end: End) -> None:
        write(self._path(task), msgspec.json.encode(end))
        self._put += 1
        if self._put % _REMEMBERED == 0:
            with contextlib.suppress(OSError):  # It is written down, and the next start tidies as well.
                forget_old(self._folder)

    def _remember(self, task: str, end: End) -> None:
        self._here[task] = end
        if len(self._here) > _REMEMBERED:
            del self._here[next(iter(self._here))]

    def _path(self, task: str) -> Path:
        return self._folder / digest({"agent": self._agent, "task": task}).removeprefix("sha256:")


def _now(how: How) -> End:
    return End(how=how, at=datetime.now(UTC).isoformat(timespec="seconds"))
