"""Children of the benchmark: started on one core, found by their port, ended by their id."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import Signals

SERVER_CORE = 0
LOAD_CORE = 1
PYTHON = sys.executable
COUNTERSIGN = str(Path(sys.executable).parent / "countersign")
_START = 30.0
_SCHEDULED = 2  # CPUCLOCK_SCHED of Linux: what the scheduler gave a process, user and system together


class Child:
    """A process that answers on a port of loopback."""

    def __init__(
        self, command: Sequence[str], *, environ: Mapping[str, str], core: int, log: Path, port: int = 0
    ) -> None:
        self.port = port or free_port()
        self.begun = time.perf_counter()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                pinned(command, core),
                env=_environ(environ) | {"PORT": str(self.port)},
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )
        self._log = log

    def answering(self, *, within: float = _START) -> None:
        """Wait until it listens, so many seconds at most. Raises `RuntimeError` with the end of its log."""
        while time.perf_counter() < self.begun + within:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except ConnectionRefusedError:
                self.living()
                time.sleep(0.001)
            else:
                return
        raise RuntimeError(f"{self._log} does not say why nothing listens")

    def living(self) -> None:
        """Raise `RuntimeError` when the process has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(self._log.read_text()[-2000:])

    def resident(self) -> int:
        """Bytes of memory that it holds now (VmRSS, proc(5))."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def cpu(self) -> float:
        """Seconds of CPU that all its threads have had, to the nanosecond (clock_getcpuclockid(3))."""
        return time.clock_gettime(~self._process.pid << 3 | _SCHEDULED)

    def obey(self, number: Signals) -> None:
        """Send a signal and wait until the process has ended of it. Raises `TimeoutExpired` where it does not."""
        self._process.send_signal(number)
        self._process.wait(_START)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def running(
    command: Sequence[str], *, environ: Mapping[str, str], log: Path, core: int = SERVER_CORE, port: int = 0
) -> Iterator[Child]:
    """Run a server until the block ends, on this port or on a free one."""
    child = Child(command, environ=environ, core=core, log=log, port=port)
    try:
        child.answering()
        yield child
    finally:
        child.end()


def pinned(command: Sequence[str], core: int) -> list[str]:
    """The command bound to one core, where the machine has several."""
    return ["taskset", "-c", str(core), *command] if (os.cpu_count() or 1) > LOAD_CORE else list(command)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _environ(given: Mapping[str, str]) -> dict[str, str]:
    """An environment without any setting of ours but the given ones."""
    ours = ("COUNTERSIGN_", "SLACK_", "GOOGLE_", "IAP_", "SMTP_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | dict(given)
