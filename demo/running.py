"""`countersign demo`: the service, the sandbox and an application that asks, as child processes of this one."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.request import urlopen

import msgspec

from demo import payments, policy
from demo.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".demo"
_START = 60.0
_AUDIENCE = "/projects/1042000000001/locations/europe-west1/services/countersign-pages"
_CLIENT = "1042000000001-pages.apps.googleusercontent.com"
_DESKTOP = "client_secret.json"
_SENDER = "countersign@example.com"
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")


class DemoError(Exception):
    """The demo cannot run; the text says why."""


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses of a running demo, and the environment of its service.

    `page` is the sandbox's, `pages` are the service's, behind the sandbox's identity-aware proxy. `payments` is
    where the application is that asks, and `ledger` the file of what it refunds.
    """

    page: str
    pages: str
    service: str
    payments: str
    ledger: Path
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
    """Start them, wait until they answer, and end them on the way out. Raises `DemoError`."""
    state.mkdir(parents=True, exist_ok=True)
    page, service, shop = port or free_port(), free_port(), free_port()
    environment = _environment(page=page, service=service, state=state)
    sandbox = f"http://127.0.0.1:{page}"
    policy.write(state, sandbox=sandbox, port=shop)
    children: list[subprocess.Popen[bytes]] = []
    with ExitStack() as stack:
        # The sandbox first: it chooses where the pages and the mail server are, and writes by what that is known.
        children.append(stack.enter_context(_child(_sandbox(environment, page=page), _inherited(), log)))
        _wait(f"http://127.0.0.1:{page}/", children)
        environment |= _chosen(page)
        serve = [sys.executable, "-m", "bot", "serve"]
        children.append(stack.enter_context(_child(serve, environment, log)))
        running = Running(
            page=f"http://localhost:{page}",
            pages=environment["COUNTERSIGN_PAGES_URL"],
            service=f"http://127.0.0.1:{service}",
            payments=f"http://localhost:{shop}",
            ledger=state / payments.LEDGER,
            environment=environment,
        )
        _wait(f"{running.service}/ready", children)
        asking = payments.environment(state, port=shop, issuer=f"{sandbox}/oidc", service=environment)
        children.append(stack.enter_context(_child(payments.command(), _inherited() | asking, log)))
        _wait(f"http://127.0.0.1:{shop}/", children)
        yield running, children


def _chosen(page: int) -> dict[str, str]:
    with urlopen(f"http://127.0.0.1:{page}/sandbox/places", timeout=10) as answer:
        places = json.load(answer)
    return {"COUNTERSIGN_PAGES_URL": places["pages"], "SMTP_PORT": str(places["mail"])}


def _sandbox(environment: Mapping[str, str], *, page: int) -> list[str]:
    service = f"http://127.0.0.1:{environment['PORT']}"
    given = {
        "--port": str(page),
        "--signing-secret": environment["SLACK_SIGNING_SECRET"],
        "--bot-token": environment["SLACK_BOT_TOKEN"],
        "--bot-url": f"{service}/slack/events",
        "--iap-port": "0",
        "--iap-audience": environment["IAP_AUDIENCE"],
        "--iap-desktop": str(Path(environment["SSL_CERT_FILE"]).with_name(_DESKTOP)),
        "--pages-url": service,
        "--smtp-login": f"{environment['SMTP_USERNAME']}:{environment['SMTP_PASSWORD']}",
        "--smtp-authority": environment["SSL_CERT_FILE"],
        "--walk": str(ROOT / "examples" / "walk.yaml"),
    }
    return [sys.executable, "-m", "sandbox", *chain.from_iterable(given.items())]


def _environment(*, page: int, service: int, state: Path) -> dict[str, str]:
    sandbox = f"http://127.0.0.1:{page}"
    return _inherited() | {
        "SLACK_BOT_TOKEN": f"xoxb-{secrets.token_hex(8)}",
        "SLACK_SIGNING_SECRET": secrets.token_hex(16),
        "SLACK_API_URL": f"{sandbox}/slack/api/",
        "GOOGLE_API_BASE_URL": f"{sandbox}/google",
        "IAP_AUDIENCE": _AUDIENCE,
        "IAP_JWKS_URL": f"{sandbox}/gstatic/iap/verify/public_key-jwk",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_USERNAME": _SENDER,
        "SMTP_PASSWORD": secrets.token_hex(8),
        "SMTP_SENDER_ADDRESS": _SENDER,
        "NOTIFICATION_TIMEZONE": "Europe/Berlin",
        # Whom to trust for TLS: the sandbox's own authority, and nobody else.
        "SSL_CERT_FILE": str(state / "mail-authority.pem"),
        "COUNTERSIGN_SANDBOX": "1",
        "COUNTERSIGN_POLICY": str(state / policy.FILE),
        "COUNTERSIGN_API_URL": f"http://127.0.0.1:{service}",
        "COUNTERSIGN_STORE": f"sqlite:///{state / 'countersign.db'}",
        "COUNTERSIGN_SIGNER": f"file:{state / 'signer.jwk'}",
        "COUNTERSIGN_RECEIPT_SIGNER": f"file:{state / 'receipts.jwk'}",
        "COUNTERSIGN_WEBHOOK_SIGNER": f"file:{state / 'webhooks.jwk'}",
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
            with urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise DemoError(f"{url} did not answer within {_START:.0f} s")


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
    port, pages, shop = (url.rpartition(":")[2] for url in (running.page, running.pages, running.payments))
    sys.stdout.write(
        f"\nCountersign runs with its sandbox. Open the workspace:\n\n    {running.page}\n\n"
        f"On another machine first: ssh -L {port}:localhost:{port} -L {pages}:localhost:{pages}"
        f" -L {shop}:localhost:{shop} THIS-MACHINE\n"
        "A guided walk is above the line where you type: Alice asks, Bob approves, Carol signs, Alice ends it.\n"
        f"An application whose refunds need approval is at {running.payments}; sign in there as whom you like.\n"
        f"From a terminal, through the same proxy, signed in as whom you like:\n\n{terminal(running)}\n"
        f"State and keys are in {STATE}; they are made anew at each start. Ctrl-C ends everything.\n\n"
    )
    sys.stdout.flush()


def terminal(running: Running) -> str:
    """The lines by which somebody signs in from a terminal, and what they can do then."""
    state = Path(running.environment["SSL_CERT_FILE"]).parent
    lines = (
        f"export XDG_CONFIG_HOME={state}",
        f".venv/bin/countersign login --url {running.pages} --client {state / _DESKTOP} --iap-client {_CLIENT}",
        ".venv/bin/countersign list --entitlements",
    )
    return "".join(f"    {line}\n" for line in lines)


def end_on_signals() -> None:
    """The children have sessions of their own, so a closed terminal must end them as Ctrl-C does.

    Ctrl-C is named too: a shell may have started the demo with it switched off.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
