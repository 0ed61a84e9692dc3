"""`countersign request`, `status` and `list`: ask for access, and see what became of it."""

import sys
from typing import TYPE_CHECKING

import click

from bot.cli.because import because, given
from bot.cli.client.connection import (
    as_json,
    break_glass,
    connected,
    put,
    request_id,
    seconds,
    timeout,
    wait,
)
from bot.cli.client.shown import beside, in_a_list, in_full, in_short, on_offer, show, standing
from bot.cli.lines import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from countersign_client.answers import Answer, Listing, Request, Summary
    from countersign_client.client import Client

_NONE = {
    "mine": "you have no open request and no access now",
    "waiting": "nothing waits for your approval",
    "active": "you have no access now",
    "entitlements": "the policy offers you nothing: whoever writes it can name you",
}


@click.command()
@click.argument("entitlement", callback=given)
@click.option(
    "--for", "duration", default="", metavar="TIME", help="For how long, such as 2h; else the usual time."
)
@click.option(
    "--start", default="", metavar="TIME", help="When it begins, such as 2026-11-30T18:00:00+01:00; else at once."
)
@because("The reason, which approvers read.")
@break_glass
@wait
@timeout
@as_json
def request(
    *,
    entitlement: str,
    duration: str,
    start: str,
    why: str,
    break_glass: bool,
    wait: bool,
    timeout: str,
    as_json: bool,
) -> None:
    """Ask for an entitlement, by its id.

    `countersign list --entitlements` says which there are.
    """
    limit = seconds(timeout)
    with connected(as_json=as_json) as client:
        asked = client.ask(entitlement, duration=duration, start=start, justification=why, break_glass=break_glass)
        if not wait:
            put(asked.told) if as_json else show(in_short(asked))
            return
        say(f"{asked.id} waits at {asked.page}", err=True)
        _awaited(client, asked.id, limit, as_json=as_json)


@click.command()
@request_id
@click.option(
    "--for", "duration", default="", metavar="TIME", help="How much longer, such as 1h; else the usual time."
)
@because("The reason, which approvers read.")
@wait
@timeout
@as_json
def extend(*, request: str, duration: str, why: str, wait: bool, timeout: str, as_json: bool) -> None:
    """Ask that access of yours lasts for longer, without a gap."""
    limit = seconds(timeout)
    with connected(as_json=as_json) as client:
        asked = client.extend(request, duration=duration, justification=why)
        if not wait:
            put(asked.told) if as_json else show(in_short(asked))
            return
        say(f"{asked.id} waits at {asked.page}", err=True)
        _awaited(client, asked.id, limit, as_json=as_json)


@click.command()
@request_id
@wait
@timeout
@as_json
def status(*, request: str, wait: bool, timeout: str, as_json: bool) -> None:
    """Show a request in full.

    Exit code: 1 where it was denied, withdrawn or expired, or its access failed or is over; 0 otherwise. With
    --wait also 2, where it is not decided in time.
    """
    limit = seconds(timeout)
    with connected(as_json=as_json) as client:
        if wait:
            _awaited(client, request, limit, as_json=as_json)
        found = client.request(request)
        put(found.told) if as_json else show(in_full(found))
    sys.exit(1 if _is_lost(found) else 0)


@click.command("list")
@click.option("--waiting", "which", flag_value="waiting", help="Those that wait for your approval, oldest first.")
@click.option("--active", "which", flag_value="active", help="Yours that give access now.")
@click.option("--entitlements", "which", flag_value="entitlements", help="What you may ask for.")
@as_json
def listed(*, which: str | None, as_json: bool) -> None:
    """List your requests that wait or give access, newest first."""
    with connected(as_json=as_json) as client:
        if which == "entitlements":
            offered = client.entitlements()
            _print(offered, offered.items, on_offer(offered), none=_NONE[which], as_json=as_json)
            return
        found = client.requests(which or "mine")
        _print(found, found.items, in_a_list(found), none=_NONE[which or "mine"], as_json=as_json)


def _print(
    found: "Listing", items: "Sequence[Answer]", lines: "Iterable[str]", *, none: str, as_json: bool
) -> None:
    if as_json:
        put([one.told for one in items])
    else:
        show(lines if items else [none])
    for line in beside(found):
        say(line, err=True)


def _awaited(client: "Client", request: str, limit: float, *, as_json: bool) -> None:
    """Wait, show what came of it, and end the command."""
    from countersign_client.client import is_open  # noqa: PLC0415 - only for who calls a service

    found = client.wait(request, timeout=limit)
    put(found.told) if as_json else show(in_full(found))
    if is_open(found):
        say(
            f"countersign: {found.id} is still {standing(found)}. Wait on by countersign status {found.id} --wait",
            err=True,
        )
        sys.exit(2)
    sys.exit(1 if _is_lost(found) else 0)


def _is_lost(request: "Summary | Request") -> bool:
    if request.state == "approved":
        return request.access in ("ended", "revoked", "failed")
    return request.state != "pending"
