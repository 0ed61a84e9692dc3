"""`countersign run`: ask for access, run one command with it, and end it when the command is over."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from approvals.refusals.errors import CountersignError, NotFound
from bot.cli.because import because, given
from bot.cli.client.applied import Applied, Unasked
from bot.cli.client.connection import break_glass, connected, seconds, timeout
from bot.cli.client.shown import standing
from bot.cli.client.signals import Signals, Stopped
from bot.cli.ends import unusable
from bot.cli.lines import say

if TYPE_CHECKING:
    from countersign_client.answers import Request
    from countersign_client.client import Client

_LOOK = 2.0
"""Seconds between two questions whether Google lets the caller do it yet."""

_UNASKED = "Google can take minutes to apply that, and cannot be asked whether it has"


@click.command("run", short_help="Ask, run COMMAND with what was given, and end it.")
@click.argument("entitlement", callback=given)
@click.option("--for", "duration", default="", metavar="TIME", help="For how long at most; else the usual time.")
@because("The reason, which approvers read.")
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    metavar="NAME",
    help="Wait until Google says that you have this permission, such as compute.instances.list; repeatable.",
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
    """Ask for access or an approval, run COMMAND with it, and end it afterwards.

    Write -- before the command. Its exit code is this one's; 1 where access is refused, denied or lost, and 2
    where it is not there in time: then nothing is run. A request that still waits is withdrawn, and access that
    came is ended.

    Google can take minutes to apply what it was told, so your own application-default credentials ask it whether
    you have what the roles hold, or each --permission, and the command waits for its yes. Where they cannot ask,
    it runs as soon as the access is made, and that is said. An approval alone grants nothing: with it the command
    runs once it is approved, and --permission has nothing to wait for.
    """
    limit = time.monotonic() + seconds(timeout)
    applied, signals = _asking(permissions), Signals()
    with connected() as client, signals.held():
        # Whoever stops while it is asked waits for the answer, or nobody knew what to give back.
        with _unasked(), signals.stoppable(after=2):
            asked = client.ask(entitlement, duration=duration, justification=why, break_glass=break_glass)
        with _given_back(client, asked.id):
            with signals.stoppable():
                say(f"countersign: {asked.id} waits at {asked.page}", err=True)
                _await(client, asked.id, limit, applied)
            code = _ran(signals, command)
    sys.exit(code)


def _asking(permissions: Sequence[str]) -> "Applied | None":
    """What asks Google for the caller. Without credentials nothing is begun that was to wait for permissions."""
    from bot.googles import caller  # noqa: PLC0415 - loads Google's libraries

    sandbox = os.environ.get("COUNTERSIGN_SANDBOX") == "1"
    try:
        cloud = caller(base_url=os.environ.get("GOOGLE_API_BASE_URL") if sandbox else None)
    except CountersignError as error:
        if permissions:
            unusable(error)
        return None
    return Applied(cloud, permissions)


def _await(client: "Client", request: str, limit: float, applied: "Applied | None") -> None:
    """Wait until the access is there, and Google says so. Ends the command where it is not."""
    found = client.wait(request, timeout=max(limit - time.monotonic(), 0.0))
    _require_access(found)
    if found.grant == "none":
        _require_no_permissions(found, applied)
        return
    if applied is None:
        say(f"countersign: the access is made. {_UNASKED}: there are no application-default credentials", err=True)
        return
    say("countersign: the access is made, waiting for Google to apply it", err=True)
    said = ""
    while not _holds(applied, found):
        if applied.trouble != said and (said := applied.trouble):
            say(f"countersign: not yet: {said}", err=True)
        if time.monotonic() >= limit:
            say("countersign: Google does not say yes in time, so nothing was run", err=True)
            sys.exit(2)
        time.sleep(_LOOK)
        _require_access(client.request(request))


def _require_no_permissions(found: "Request", applied: "Applied | None") -> None:
    if applied is not None and applied.permissions:
        say(f"countersign: {found.id} grants no --permission, so nothing was run", err=True)
        sys.exit(2)
    say("countersign: it is approved, and grants nothing that Google would have to apply", err=True)


def _require_access(found: "Request") -> None:
    if found.state != "approved" or found.access != "active":
        waits = found.state == "pending" or found.access == "activating"
        say(f"countersign: {found.id} is {standing(found)}, so nothing was run", err=True)
        sys.exit(2 if waits else 1)


def _holds(applied: Applied, found: "Request") -> bool:
    try:
        return applied.holds(list(found.told.get("targets") or ()))
    except Unasked as error:
        say(f"countersign: {_UNASKED}: {error}", err=True)
        return True
    except NotFound as error:
        say(f"countersign: {error}, so nothing was run", err=True)
        sys.exit(2)


@contextmanager
def _unasked() -> "Iterator[None]":
    """Say that nobody can tell, where somebody would not wait while it was asked."""
    try:
        yield
    except Stopped as stopped:
        say("countersign: stopped while it was asked. What waits or stands says: countersign list", err=True)
        sys.exit(128 + stopped.number)


@contextmanager
def _given_back(client: "Client", request: str) -> "Iterator[None]":
    """End the access, or withdraw the request, however the rest comes out."""
    try:
        yield
    except Stopped as stopped:
        sys.exit(128 + stopped.number)
    finally:
        _give_back(client, request)


def _give_back(client: "Client", request: str) -> None:
    from countersign_client.errors import ClientError, Refused  # noqa: PLC0415

    for last in (False, False, True):
        try:
            say(f"countersign: {_over(client, request)}", err=True)
        except ClientError as error:
            if isinstance(error, Refused) and not last:
                continue  # somebody decided between the look and this: it is another thing to give back now
            say(f"countersign: whether {request} was ended is not known: {error}", err=True)
            say(f"It ends by itself when its time is over. See: countersign status {request}", err=True)
        return


def _over(client: "Client", request: str) -> str:
    """Give back what there is now, and say what it was. Raises `ClientError`."""
    found = client.request(request)
    if found.state == "pending":
        client.withdraw(request)
        return f"{request} is withdrawn"
    if found.access in ("activating", "active"):
        client.end(request)
        what = "approval" if found.grant == "none" else "access"
        return f"the {what} of {request} is ended"
    return f"{request} is {standing(found)}"


def _ran(signals: Signals, command: Sequence[str]) -> int:
    try:
        return signals.run(command)
    except OSError as error:
        say(f"countersign: {command[0]} cannot be run: {error.strerror}", err=True)
        return 127 if isinstance(error, FileNotFoundError) else 126
