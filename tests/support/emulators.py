"""Google's own Firestore emulator, started once for each process of the test run."""

import atexit
import functools
import os
import secrets
import subprocess
from collections.abc import Iterator

import pytest

from approvals.backends.stores.firestore import FirestoreStore, database, open_firestore
from approvals.refusals.errors import Unavailable
from chaos import emulator
from tests.support.builders import NOW, filed

PATIENCE = 40.0
"""Seconds that a call may take: how long it does says how busy the machine is."""


@pytest.fixture(scope="session")
def firestore_host() -> Iterator[str]:
    """`host:port` of the emulator. Without it (or Java) the test is skipped, and fails where CI=true."""
    missing = emulator.missing()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    yield _running()[0]
    _stop()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call of the emulator may take as long as a busy machine lets it."""
    monkeypatch.setattr(database, "TIMEOUT", PATIENCE)


def running_host() -> str:
    """The same for whoever cannot take a fixture: it must run already."""
    assert _running.cache_info().currsize, "use the fixture firestore_host"
    return _running()[0]


def new_project() -> str:
    """A project that no other test uses: the emulator keeps them apart."""
    return f"test-{secrets.token_hex(6)}"


def store_at(host: str, project: str, database: str = "(default)") -> FirestoreStore:
    return open_firestore(project, database, now=NOW, emulator_host=host)


@functools.cache
def _running() -> tuple[str, subprocess.Popen[bytes]]:
    host, process = emulator.begun()
    atexit.register(process.kill)
    emulator.wait(process, lambda: _answers(host))
    return host, process


def _answers(host: str) -> bool:
    """Use it as the tests do: its first answers take seconds on a busy machine."""
    store = store_at(host, new_project())
    try:
        store.create(filed(), key="k")
        store.pending(limit=1)
    except Unavailable:
        return False
    finally:
        store.close()
    return True


def _stop() -> None:
    """End the emulator; a session that uses it in two folders comes here twice."""
    if _running.cache_info().currsize:
        process = _running()[1]
        process.kill()
        process.wait()
        _running.cache_clear()
