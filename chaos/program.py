"""The real service as a child in a process group of its own: started, killed, and proved dead."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from chaos.scene import policy
from sandbox.app import Sandbox

ROOT = Path(__file__).resolve().parent.parent
_START = 30.0


class ChaosError(Exception):
    """The run itself cannot go on; the text says why."""


class Program:
    """`countersign serve` beside a sandbox, on one port for the whole run."""

    def __init__(self, folder: Path, box: Sandbox) -> None:
        self.folder = folder
        self.policy_file = folder / "policy.yaml"
        self.policy_file.write_text(policy("plain"))
        self.database = folder / "countersign.db"
        self.log = folder / "service.log"
        self.port = _free_port()
        self._child: subprocess.Popen[bytes] | None = None
        self._environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "SLACK_BOT_TOKEN": box.bot_token,
            "SLACK_SIGNING_SECRET": box.signing_secret,
            "SLACK_API_URL": box.slack_api_url,
            "GOOGLE_API_BASE_URL": box.google_api_url,
            "COUNTERSIGN_SANDBOX": "1",
            "COUNTERSIGN_POLICY": str(self.policy_file),
            "COUNTERSIGN_STORE": f"sqlite:///{self.database}",
            "COUNTERSIGN_SIGNER": f"file:{folder / 'signer.jwk'}",
            "PORT": str(self.port),
            "LOG_LEVEL": "WARNING",
        }
        box.bot_url = f"http://127.0.0.1:{self.port}/slack/events"

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    def start(self) -> None:
        """Start the service; it is not ready yet."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"],
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def order(self, *command: str) -> None:
        """Run a command of the operator's beside the service. Raises `ChaosError` when it fails."""
        done = subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, "-m", "bot", *command],
            cwd=ROOT,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=_START,
            check=False,
        )
        if done.returncode:
            raise ChaosError(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")

    def ready(self) -> None:
        """Wait until it answers. Raises `ChaosError` when it ends by itself or takes too long."""
        deadline = time.monotonic() + _START
        while time.monotonic() < deadline:
            if self._child is None or self._child.poll() is not None:
                raise ChaosError(f"the service did not start again: {self.last_words()}")
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=2):
                    return
            except OSError:
                time.sleep(0.01)
        raise ChaosError(f"the service was not ready within {_START:.0f} s: {self.last_words()}")

    def kill(self) -> None:
        """Kill the whole process group, and prove that nothing listens any more. Raises `ChaosError`."""
        child, self._child = self._child, None
        if child is None:
            return
        if (ended := child.poll()) is not None:
            raise ChaosError(f"the service ended by itself with {ended}: {self.last_words()}")
        os.killpg(child.pid, signal.SIGKILL)
        child.wait(10)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)) != errno.ECONNREFUSED:
                raise ChaosError(f"somebody still listens on port {self.port} after the kill")

    def end(self) -> None:
        """Leave nothing running, whatever happened."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
