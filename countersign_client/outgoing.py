"""What goes out of this process, for whoever watches it. Nobody does unless `watch` was called."""

from collections.abc import Callable

import msgspec


class Call(msgspec.Struct, frozen=True):
    """One call: the protocol, the method of HTTP, and where to. Neither path nor body, which hold secrets."""

    protocol: str
    method: str
    host: str
    port: int


Ended = Callable[[int, str], object]
"""Is told the status, 0 where none came, and by what name it failed, empty where it did not."""

Begin = Callable[[Call], Ended]
"""Is told that a call begins, on the thread that makes it. Neither it nor what it returns blocks or raises."""


class _Watcher:
    begin: Begin | None = None


def watch(begin: Begin | None) -> None:
    """Have every call of this process watched from now on; None: no longer."""
    _Watcher.begin = begin


def begun(protocol: str, method: str, host: str, port: int) -> Ended:
    """Say that a call begins; what is returned is told how it ended."""
    begin = _Watcher.begin
    return _unwatched if begin is None else begin(Call(protocol, method, host, port))


def _unwatched(_status: int, _failed: str) -> None:
    """Nobody listens."""
