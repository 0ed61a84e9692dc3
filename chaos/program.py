"""The real service as two children in process groups of their own: started, killed, and proved dead."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.request import urlopen

from chaos.patience import Patience
from chaos.scene import policy
from demo.ports import free_port
from sandbox.app import Sandbox

ROOT = Path(__file__).resolve().parent.parent
_START = 90.0
"""Seconds without any work of its own after which a start has failed, or in which a command is done."""


class ChaosError(Exception):
    """The run itself cannot go on; the text says why."""


class Child:
    """`countersign serve` with some routes, on one port for the whole run."""

    def __init__(self, routes: str, *, environ: Mapping[str, str], log: Path, port: int = 0) -> None:
        self.port = port or free_port()
        self._environ = {**environ, "COUNTERSIGN_ROUTES": routes, "PORT": str(self.port)}
        self._routes = routes
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start it, unless it still runs; it is not ready yet."""
        if self._process is not None:
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"],
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def answers(self) -> bool:
        """Whether it is ready. Raises `ChaosError` when it has ended by itself."""
        if self._process is None or self._process.poll() is not None:
            raise ChaosError(f"the service ({self._routes}) did not start again: {self.last_words()}")
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=2):
                return True
        except OSError:
            return False

    def ready(self) -> None:
        """Wait until it answers. Raises `ChaosError` when it ends by itself or takes too long."""
        patience = Patience(_START)
        while not self.answers():
            if not patience.is_left((_worked(self.pid), self._log.stat().st_size)):
                raise ChaosError(f"the service does nothing and is not ready: {self.last_words()}")
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill the whole process group, and prove that nothing listens any more. Raises `ChaosError`."""
        process, self._process = self._process, None
        if process is None:
            return
        if (ended := process.poll()) is not None:
            raise ChaosError(f"the service ({self._routes}) ended by itself with {ended}: {self.last_words()}")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)) != errno.ECONNREFUSED:
                raise ChaosError(f"somebody still listens on port {self.port} after the kill")

    def end(self) -> None:
        """Leave nothing running, whatever happened."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-12:])


class Program:
    """The service beside a sandbox: what Slack reaches in one process, the pages in another, on one store."""

    def __init__(self, folder: Path, box: Sandbox) -> None:
        self.folder = folder
        self.policy_file = folder / "policy.yaml"
        self.policy_file.write_text(policy("plain"))
        self.database = folder / "countersign.db"
        self._environ = environ(folder, box)
        log = folder / "service.log"
        self.public = Child("public", environ=self._environ, log=log)
        self.pages = Child("pages", environ=self._environ, log=log)
        box.bot_url = f"http://127.0.0.1:{self.public.port}/slack/events"
        if box.iap:
            box.iap.gate.upstream = f"http://127.0.0.1:{self.pages.port}"

    @property
    def pid(self) -> int:
        """Of the process that does what follows outside."""
        return self.public.pid

    @property
    def port(self) -> int:
        """Where Slack and strangers come."""
        return self.public.port

    def start(self) -> None:
        """Start what does not run; it is not ready yet."""
        self.public.start()
        self.pages.start()

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

    def begin(self, *command: str) -> "subprocess.Popen[bytes]":
        """Begin a command that waits for people. Whoever began it ends it."""
        return subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, "-m", "bot", *command],
            cwd=ROOT,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def ready(self) -> None:
        """Wait until both answer. Raises `ChaosError` when one ends by itself or takes too long."""
        self.public.ready()
        self.pages.ready()

    def kill(self, *, pages: bool = True) -> None:
        """Kill the public service, and the pages or not. Raises `ChaosError`."""
        if pages:
            self.pages.kill()
        self.public.kill()

    def end(self) -> None:
        """Leave nothing running, whatever happened."""
        self.public.end()
        self.pages.end()


def environ(folder: Path, box: Sandbox) -> dict[str, str]:
    """What the service is given: everything it keeps lies in the folder. Raises `ChaosError`."""
    if box.mailbox is None or box.iap is None:
        raise ChaosError("the sandbox has no mailbox or no proxy")
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "SLACK_BOT_TOKEN": box.bot_token,
        "SLACK_SIGNING_SECRET": box.signing_secret,
        "SLACK_API_URL": box.slack_api_url,
        "GOOGLE_API_BASE_URL": box.google_api_url,
        "COUNTERSIGN_SANDBOX": "1",
        "COUNTERSIGN_DIRECTORY_USERS": "1",
        "COUNTERSIGN_POLICY": str(folder / "policy.yaml"),
        "COUNTERSIGN_STORE": f"sqlite:///{folder / 'countersign.db'}",
        "COUNTERSIGN_SIGNER": f"file:{folder / 'signer.jwk'}",
        "COUNTERSIGN_PAGES_URL": box.iap.gate.url,
        "IAP_AUDIENCE": box.iap.gate.audience,
        "IAP_JWKS_URL": box.iap_jwks_url,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(box.mailbox.port),
        "SMTP_ENABLE_STARTTLS": "false",
        "SMTP_SENDER_ADDRESS": "countersign@example.com",
        "LOG_LEVEL": "WARNING",
    }


def _worked(pid: int) -> str:
    """How long the processor has worked for a process, where the system says so."""
    try:
        return " ".join(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])
    except OSError:
        return ""
