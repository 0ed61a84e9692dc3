"""A background, and connections to a real door, for whoever tests one."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot import protocol
from tests.bot.backgrounds import Bench
from tests.bot.doors import connected


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.background.stop()
    made.store.close()


@pytest.fixture
def let_go() -> threading.Event:
    """Set when the server has given an endless answer up."""
    return threading.Event()


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch, let_go: threading.Event) -> Iterator[socket.socket]:
    """A connection to a server that waits for longer than any test takes."""
    monkeypatch.setattr(protocol, "TIMEOUT", 60.0)
    with connected(let_go) as connection:
        yield connection


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Called, it lets the server wait for a second from then on: what comes before has all the time it takes."""
    return lambda: monkeypatch.setattr(protocol, "TIMEOUT", 1.0)
