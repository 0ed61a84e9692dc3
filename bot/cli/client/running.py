"""`countersign run`: ask for access, run one command with it, and end it when the command is over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import click

from approvals.errors import CountersignError, NotFound, Unavailable
from bot.cli.because import because, given
from bot.cli.client.connection import break_glass, connected, seconds, timeout
from bot.cli.client.shown import standing
from bot.cli.ends import unusable
from bot.cli.lines import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from countersign_client.answers import Request
    from countersign_client.client import Client

_LOOK = 2.0
"""Seconds between two questions whether Google lets the caller do it yet."""

_ANSWER = 10.0
"""Seconds for one of them."""


class _Stopped(BaseException):
    """A signal came while this waits: nothing is run, and what was asked for is given back."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@click.command("run")
@click.argument("entitlement", callback=given)
@click.option("--for", "duration", default="", metavar="TIME", help="For how long at most; else the usual time.")
@because("The reason, which approvers read.")
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    metavar="NAME",
    help="Run only once Google says that you have this permission, such as compute.instances.list; repeatable.",
)
@break_glass
@timeout
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(
    *,
    entitlement: str,
    duration: str,
    why: str,
    permissions: tuple[str, ...],
    break_glass: bool,
    timeout: str,
    command: tuple[str, ...],
) -> None:
    """Ask for access, run COMMAND with it, and end it afterwards.

    Write -- before the command. Its exit code is this one's; 1 where access is refused, denied or lost, and 2
    where it is not there in time: then nothing is run. A request that still waits is withdrawn, and access that
    came is ended.

    Google can take minutes to apply what it was told. With --permission your own application-default credentials
    ask Google until it says yes; without it the command runs as soon as the access is made.
    """
    limit = time.monotonic() + seconds(timeout)
    allowed = _asking(permissions)
    with connected() as client:
        with _unasked(), _stoppable():
            asked = client.ask(entitlement, duration=duration, justification=why, break_glass=break_glass)
        with _given_back(client, asked.id):
            with _stoppable():
                say(f"countersign: {asked.id} waits at {asked.page}", err=True)
                _await(client, asked.id, limit, allowed, permissions)
            code = _ran(command)
    sys.exit(code)


def _asking(permissions: Sequence[str]) -> "Callable[[str], bool]":
    """What asks Google whether the caller holds all of these somewhere. Without credentials nothing is begun."""
    if not permissions:
        return lambda _: True
    from bot.googles import caller  # noqa: PLC0415 - loads Google's libraries

    sandbox = os.environ.get("COUNTERSIGN_SANDBOX") == "1"
    try:
        cloud = caller(base_url=os.environ.get("GOOGLE_API_BASE_URL") if sandbox else None)
    except CountersignError as error:
        unusable(error)

    def holds(resource: str) -> bool:
        try:
            return set(permissions) <= set(cloud.held(resource, permissions, timeout=_ANSWER))
        except Unavailable:
            return False
        except NotFound as error:
            # Who may not even see a resource yet is told this as well; only a name that is none stays one.
            if getattr(error.__cause__, "code", 0) != HTTPStatus.BAD_REQUEST:
                return False
            say(f"countersign: {error}, so nothing was run", err=True)
            sys.exit(2)

    return holds


def _await(
    client: "Client", request: str, limit: float, allowed: "Callable[[str], bool]", permissions: Sequence[str]
) -> None:
    """Wait until the access is there, and Google says so. Ends the command where it is not."""
    found = client.wait(request, timeout=max(limit - time.monotonic(), 0.0))
    if found.state != "approved" or found.access != "active":
        waits = found.state == "pending" or found.access == "activating"
        say(f"countersign: {found.id} is {standing(found)}, so nothing was run", err=True)
        sys.exit(2 if waits else 1)
    if not permissions:
        say(
            "countersign: the access is made. Google may take minutes to apply it: --permission waits for it",
            err=True,
        )
        return
    say(f"countersign: the access is made, waiting for Google to apply {', '.join(permissions)}", err=True)
    while not all(allowed(resource) for resource in _resources(found)):
        if time.monotonic() >= limit:
            say("countersign: Google does not say yes in time, so nothing was run", err=True)
            sys.exit(2)
        time.sleep(_LOOK)


def _resources(request: "Request") -> list[str]:
    targets: list[dict[str, Any]] = list(request.told.get("targets") or ())
    return list(dict.fromkeys(str(each.get("resource")) for each in targets))


@contextmanager
def _stoppable() -> "Iterator[None]":
    """Let a signal end the waiting, so that what was asked for is given back."""

    def stop(number: int, _: object) -> None:
        raise _Stopped(number)

    with _handling(stop):
        yield


@contextmanager
def _unasked() -> "Iterator[None]":
    """Say that nobody can tell, where a signal came while it was asked."""
    try:
        yield
    except _Stopped as stopped:
        say("countersign: stopped while it was asked. What waits or stands says: countersign list", err=True)
        sys.exit(128 + stopped.number)


@contextmanager
def _given_back(client: "Client", request: str) -> "Iterator[None]":
    """End the access, or withdraw the request, however the rest comes out."""
    try:
        yield
    except _Stopped as stopped:
        with _handling(signal.SIG_IGN):
            _give_back(client, request)
        sys.exit(128 + stopped.number)
    except BaseException:
        with _handling(signal.SIG_IGN):
            _give_back(client, request)
        raise
    with _handling(signal.SIG_IGN):
        _give_back(client, request)


def _give_back(client: "Client", request: str) -> None:
    from countersign_client.errors import ClientError  # noqa: PLC0415

    try:
        found = client.request(request)
        if found.state == "pending":
            client.withdraw(request)
            say(f"countersign: {request} is withdrawn", err=True)
        elif found.access in ("activating", "active"):
            client.end(request)
            say(f"countersign: the access of {request} is ended", err=True)
        else:
            say(f"countersign: {request} is {standing(found)}", err=True)
    except ClientError as error:
        say(f"countersign: whether {request} was ended is not known: {error}", err=True)
        say(f"It ends by itself when its time is over. See: countersign status {request}", err=True)


def _ran(command: Sequence[str]) -> int:
    """Run the command with our own input and output; return its exit code, or 128 and the signal that ended it.

    A terminal sends Ctrl-C to both, so it is left to the command; what only this process gets is passed on.
    """
    running: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: object) -> None:
        for each in running:
            if number != signal.SIGINT:
                each.send_signal(number)

    with _handling(pass_on):
        try:
            running.append(subprocess.Popen(command))  # noqa: S603 - it is what the person typed
        except OSError as error:
            say(f"countersign: {command[0]} cannot be run: {error.strerror}", err=True)
            return 127 if isinstance(error, FileNotFoundError) else 126
        code = running[0].wait()
    return code if code >= 0 else 128 - code


@contextmanager
def _handling(how: Any) -> "Iterator[None]":
    """Handle what ends programs in this way, and afterwards as before."""
    numbers = (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))
    before = {number: signal.signal(number, how) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
