"""The real `countersign serve` as a child process beside a sandbox."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from demo.ports import free_port
from sandbox.app import Sandbox

ROOT = Path(__file__).parents[2]
PROGRAM = "from tests.support import patience; from bot.cli import main; main()"


class Child:
    """A running service. `url` is where it listens."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def files(self) -> int:
        """How many files it has open now (proc(5)); 0 on systems that do not say."""
        held = Path(f"/proc/{self.pid}/fd")
        return len(list(held.iterdir())) if held.exists() else 0

    @property
    def pid(self) -> int:
        return self.process.pid


def environ(box: Sandbox, folder: Path, *, port: int = 0) -> Mapping[str, str]:
    """What the service is given: everything it keeps lies in the folder."""
    return {
        "PATH": os.environ["PATH"],
        "SLACK_BOT_TOKEN": box.bot_token,
        "SLACK_SIGNING_SECRET": box.signing_secret,
        "SLACK_API_URL": box.slack_api_url,
        "GOOGLE_API_BASE_URL": box.google_api_url,
        "COUNTERSIGN_SANDBOX": "1",
        "COUNTERSIGN_POLICY": str(folder / "policy.yaml"),
        "COUNTERSIGN_STORE": f"sqlite:///{folder / 'countersign.db'}",
        "COUNTERSIGN_SIGNER": f"file:{folder / 'signer.jwk'}",
        "PORT": str(port),
    }


@contextmanager
def served(
    box: Sandbox, folder: Path, *, store: Mapping[str, str] | None = None, files: int = 0
) -> Iterator[Child]:
    """Serve from a folder that holds `policy.yaml`, and point the workspace at it.

    `store` sets another store, and `files` how many files the service may open.
    """
    port = free_port()
    process = subprocess.Popen(
        [*(_limited(files) if files else ()), sys.executable, "-c", PROGRAM, "serve"],
        cwd=ROOT,
        env={**environ(box, folder, port=port), **(store or {})},
        stderr=subprocess.DEVNULL,
        text=True,
    )
    child = Child(process, f"http://127.0.0.1:{port}")
    try:
        box.slack.wait(lambda: answers(f"{child.url}/ready"), seconds=90)
        box.bot_url = f"{child.url}/slack/events"
        yield child
    finally:
        process.terminate()
        process.wait(60)


def _limited(files: int) -> tuple[str, ...]:
    """Runs what follows with so many open files at most."""
    return ("sh", "-c", f'ulimit -n {files} && exec "$@"', "sh")


def answers(url: str) -> bool:
    """Something at that address says 200."""
    try:
        with urlopen(url, timeout=10):
            return True
    except OSError:
        return False
