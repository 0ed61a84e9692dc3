"""Google's own Firestore emulator, started once for each process of the test run."""

import atexit
import functools
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.backends.stores.firestore import FirestoreStore, open_firestore
from approvals.errors import Unavailable
from tests.support.builders import NOW, filed
from tests.support.servers import free_port

_PACKAGED = Path("/usr/lib/google-cloud-sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
_CACHED = Path.home() / ".cache/firebase/emulators"
_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_START = 90.0  # seconds; it takes three on an idle machine


@pytest.fixture(scope="session")
def firestore_host() -> Iterator[str]:
    """`host:port` of the emulator. Without it (or Java) the test is skipped, and fails where CI=true."""
    missing = _missing()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    yield _running()[0]
    _stop()


def running_host() -> str:
    """The same for whoever cannot take a fixture: it must run already."""
    assert _running.cache_info().currsize, "use the fixture firestore_host"
    return _running()[0]


def new_project() -> str:
    """A project that no other test uses: the emulator keeps them apart."""
    return f"test-{secrets.token_hex(6)}"


def store_at(host: str, project: str, database: str = "(default)") -> FirestoreStore:
    return open_firestore(project, database, now=NOW, emulator_host=host)


def _missing() -> str:
    if shutil.which("java") is None:
        return "the Firestore emulator needs Java 17"
    if _jar() is None:
        return f"the Firestore emulator is neither at {_PACKAGED} nor in {_CACHED}"
    return ""


def _jar() -> Path | None:
    if _PACKAGED.is_file():
        return _PACKAGED
    return max(_CACHED.glob("cloud-firestore-emulator-v*.jar"), key=_version, default=None)


def _version(jar: Path) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", jar.name)]


@functools.cache
def _running() -> tuple[str, subprocess.Popen[bytes]]:
    port = free_port()
    # It lives for a minute: compiling less and collecting simply starts it sooner.
    light = ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    command = ["java", "-Duser.language=en", *light, "-cp", str(_jar()), _MAIN]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(process.kill)
    host = f"127.0.0.1:{port}"
    deadline = time.monotonic() + _START
    while not _answers(host):
        assert process.poll() is None, "the Firestore emulator ended by itself"
        assert time.monotonic() < deadline, "the Firestore emulator did not start in time"
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
