"""`countersign demo`: the service and the sandbox on this machine, as two child processes."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.request import urlopen

import msgspec

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".demo"
_START = 60.0
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")


class DemoError(Exception):
    """The demo cannot run; the text says why."""


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses of a running demo, and the environment of its service."""

    page: str
    service: str
    environment: dict[str, str]


def run(*, port: int) -> int:
    """Run until Ctrl-C. Returns the exit code."""
    end_on_signals()
    try:
        # Another demo may be running: its state goes only when its port is free.
        _require_free(port)
        shutil.rmtree(STATE, ignore_errors=True)
        with started(port=port, state=STATE, log=sys.stderr.fileno()) as (running, children):
            _welcome(running)
            _watch(children)
    except KeyboardInterrupt:
        sys.stdout.write("\nThe demo has ended.\n")
        return 0
    except DemoError as error:
        sys.stderr.write(f"countersign demo: {error}\n")
        return 1


def _watch(children: list[subprocess.Popen[bytes]]) -> NoReturn:
    while all(child.poll() is None for child in children):
        time.sleep(0.3)
    raise DemoError("a part of the demo ended by itself; its last words are above")


@contextmanager
def started(*, port: int, state: Path, log: int) -> Iterator[tuple[Running, list[subprocess.Popen[bytes]]]]:
    """Start both, wait until they answer, and end both on the way out. Raises `DemoError`."""
    state.mkdir(parents=True, exist_ok=True)
    page, service = port or _free_port(), _free_port()
    secret, token = secrets.token_hex(16), f"xoxb-{secrets.token_hex(8)}"
    environment = _environment(page=page, service=service, secret=secret, token=token, state=state)
    sandbox = [
        *(sys.executable, "-m", "sandbox", "--port", str(page), "--signing-secret", secret, "--bot-token", token),
        *("--bot-url", f"http://127.0.0.1:{service}/slack/events"),
        *("--walk", str(ROOT / "examples" / "walk.yaml")),
    ]
    with ExitStack() as stack:
        children = [
            stack.enter_context(_child(sandbox, _inherited(), log)),
            stack.enter_context(_child([sys.executable, "-m", "bot", "serve"], environment, log)),
        ]
        running = Running(
            page=f"http://localhost:{page}", service=f"http://127.0.0.1:{service}", environment=environment
        )
        _wait(f"http://127.0.0.1:{page}/", children)
        _wait(f"{running.service}/ready", children)
        yield running, children


def _environment(*, page: int, service: int, secret: str, token: str, state: Path) -> dict[str, str]:
    return _inherited() | {
        "SLACK_BOT_TOKEN": token,
        "SLACK_SIGNING_SECRET": secret,
        "SLACK_API_URL": f"http://127.0.0.1:{page}/slack/api/",
        "GOOGLE_API_BASE_URL": f"http://127.0.0.1:{page}/google",
        "COUNTERSIGN_SANDBOX": "1",
        "COUNTERSIGN_POLICY": str(ROOT / "examples" / "policy.yaml"),
        "COUNTERSIGN_STORE": f"sqlite:///{state / 'countersign.db'}",
        "COUNTERSIGN_SIGNER": f"file:{state / 'signer.jwk'}",
        "COUNTERSIGN_RECEIPT_SIGNER": f"file:{state / 'receipts.jwk'}",
        "PORT": str(service),
        "LOG_LEVEL": "WARNING",
    }


def _inherited() -> dict[str, str]:
    # Nothing else: the demo is the same whatever the shell is set up for.
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


@contextmanager
def _child(command: list[str], environment: dict[str, str], log: int) -> Iterator[subprocess.Popen[bytes]]:
    # A session of its own: Ctrl-C reaches only the demo, which then ends its children in order.
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait(url: str, children: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        if any(child.poll() is not None for child in children):
            raise DemoError("a part of the demo did not start; its last words are above")
        try:
            with urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise DemoError(f"{url} did not answer within {_START:.0f} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoError(
                f"port {port} is taken ({error.strerror}). Choose another one:"
                " make demo PORT=9090, or countersign demo --port 9090"
            ) from error


def _welcome(running: Running) -> None:
    port = running.page.rpartition(":")[2]
    sys.stdout.write(
        f"\nCountersign runs with its sandbox. Open the workspace:\n\n    {running.page}\n\n"
        f"On another machine first: ssh -L {port}:localhost:{port} THIS-MACHINE\n"
        "A guided walk is above the line where you type: Alice asks, Bob approves, Carol signs, Alice ends it.\n"
        f"State and keys are in {STATE}; they are made anew at each start. Ctrl-C ends everything.\n\n"
    )
    sys.stdout.flush()


def end_on_signals() -> None:
    """The children have sessions of their own, so a closed terminal must end them as Ctrl-C does.

    Ctrl-C is named too: a shell may have started the demo with it switched off.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
