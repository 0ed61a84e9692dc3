"""Google's own Firestore emulator: where it is, and a running one."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos.program import ChaosError
from demo.ports import free_port

_PACKAGED = Path("/usr/lib/google-cloud-sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
_CACHED = Path.home() / ".cache/firebase/emulators"
_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_START = 240.0  # seconds; it takes three on an idle machine


def missing() -> str:
    """What it lacks here to be run, as a sentence; empty when nothing."""
    if shutil.which("java") is None:
        return "the Firestore emulator needs Java 17"
    if _jar() is None:
        return f"the Firestore emulator is neither at {_PACKAGED} nor in {_CACHED}"
    return ""


def begun() -> tuple[str, "subprocess.Popen[bytes]"]:
    """Start it; `host:port`, and the process. It answers a little later."""
    port = free_port()
    # It lives for minutes: compiling less and collecting simply starts it sooner.
    light = ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    command = ["java", "-Duser.language=en", *light, "-cp", str(_jar()), _MAIN]
    process = subprocess.Popen(  # noqa: S603 - Google's own program
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return f"127.0.0.1:{port}", process


def wait(process: "subprocess.Popen[bytes]", answers: Callable[[], bool]) -> None:
    """Wait until it answers. Raises `ChaosError` when it ends by itself or takes too long."""
    deadline = time.monotonic() + _START
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ChaosError("the emulator did not start")
        time.sleep(0.05)


@contextmanager
def running(answers: Callable[[str], bool]) -> Iterator[str]:
    """One for as long as the block; `host:port`. Raises `ChaosError` where it cannot be had."""
    if said := missing():
        raise ChaosError(said)
    host, process = begun()
    try:
        wait(process, lambda: answers(host))
        yield host
    finally:
        process.kill()
        process.wait()


def _jar() -> Path | None:
    if _PACKAGED.is_file():
        return _PACKAGED
    return max(_CACHED.glob("cloud-firestore-emulator-v*.jar"), key=_version, default=None)


def _version(jar: Path) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", jar.name)]
