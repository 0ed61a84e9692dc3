"""`countersign drift`: what stands in Google Cloud beside what was approved, and taking away what is over."""

import json
import os
import secrets
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import click
import msgspec

from bot.cli.ends import refused, unusable
from bot.cli.lines import say
from bot.cli.operator import operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from approvals.policy.model import Policy
    from approvals.ports.store import Store
    from approvals.standing.drift import Found
    from approvals.uses.drifting import Drift
    from bot.settings import Local

_READERS = 8
_ALL = 1 << 62


@click.command(short_help="List access in Google Cloud that was not approved here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
@click.option("--remove", is_flag=True, help="Take out what was provably ours and is over, and nothing else.")
@click.option(
    "--within",
    type=click.IntRange(1, 3600),
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="How long reading all policies may take.",
)
def drift(*, as_json: bool, remove: bool, within: int) -> None:
    """List what stands in IAM policies and groups beside what was approved.

    On the resources that the policy in force covers, in the groups that it lets people into, and in the scope of
    its sources. That is access that nobody asked for, what looks like ours and is not, ours that somebody changed,
    and eligible bindings that nobody used. Nothing is changed without --remove. Exit code 0 where nothing is left,
    1 where something is or could not be read.
    """
    from approvals.policy.load import accepted  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    local = settings()
    with opened(local) as store:
        stored = store.last_good()
        if stored is None:
            refused(click.ClickException("no policy is in force: start the service with one"))
        policy = accepted(stored.text, digest=stored.digest, source=stored.source).policy
        found = _look(policy, store, local, remove=remove, within=within)
    if as_json:
        click.echo(json.dumps(_plain(found), indent=1))  # ASCII steers no terminal
    else:
        for line in _lines(found):
            say(line)
    sys.exit(1 if found.found or found.unread or found.kept else 0)


def _look(policy: "Policy", store: "Store", local: "Local", *, remove: bool, within: int) -> "Drift":
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from approvals.uses.drifting import Means  # noqa: PLC0415
    from approvals.uses.drifting import drift as look  # noqa: PLC0415
    from approvals.uses.taking_out import TakingOut  # noqa: PLC0415
    from bot import googles  # noqa: PLC0415

    try:
        granter = googles.granter(base_url=local.google_api_base_url)
    except CountersignError as error:
        unusable(error)
    executor = ThreadPoolExecutor(_READERS)
    try:
        means = Means(
            store=store,
            installation=store.installation,
            granter=granter,
            executor=executor,
            catalog=googles.catalog(base_url=local.google_api_base_url),
            wait=within,
            most=_ALL,
            listed=_ALL,
        )
        taking_out = TakingOut(
            store=store,
            granter=granter,
            clock=_now,
            owner=f"drift/{os.getpid()}/{secrets.token_hex(4)}",
            by=operator(),
        )
        return look(policy, means, now=_now(), taking_out=taking_out if remove else None)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _now() -> datetime:
    return datetime.now(UTC)


def _plain(found: "Drift") -> dict[str, object]:
    from handlers.wording.drift import unread  # noqa: PLC0415

    return {
        "found": [msgspec.to_builtins(each) for each in found.found],
        "removed": [msgspec.to_builtins(each) for each in found.removed],
        "kept": [{"resource": each.resource, "said": unread(each)} for each in found.kept],
        "unread": [{"resource": each.resource, "said": unread(each)} for each in found.unread],
        "covered": found.covered,
        "groups": found.groups,
        "scope": found.scope,
        "searched": found.searched,
        "unused_known": found.unused,
    }


def _lines(found: "Drift") -> "Iterator[str]":
    from handlers.wording.drift import HEADINGS, MEANING, UNTOLD, looked_at, unread  # noqa: PLC0415

    yield f"{len(found.found)} to look at on {looked_at(found)}"
    yield from (f"not looked at: {unread(each)}" for each in found.unread)
    yield from (f"not taken out: {unread(each)}" for each in found.kept)
    if found.removed:
        yield "Taken out:"
        yield from _rows(found.removed)
    for kind, rows in groupby(found.found, key=lambda each: each.kind):
        yield f"{HEADINGS[kind]}. {MEANING[kind]}"
        yield from _rows(rows)
    if not found.unused:
        yield UNTOLD


def _rows(found: "Iterable[Found]") -> "Iterator[str]":
    from handlers.wording.drift import given, handed_down  # noqa: PLC0415

    for each in found:
        said = [
            given(each),
            handed_down(each),
            each.said,
            each.request,
            each.condition and f"where {each.condition}",
        ]
        yield f"  {each.resource} {each.role} {each.member}" + "".join(f"; {part}" for part in said if part)
