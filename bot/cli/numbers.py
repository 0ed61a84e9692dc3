"""`countersign report --numbers`: how long decisions took, and what nobody uses or answers."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click
import msgspec

from bot.cli.ends import refused
from bot.cli.lines import say
from handlers.wording.text.amounts import many

if TYPE_CHECKING:
    from approvals.numbers import Numbers, Taken
    from approvals.policy.model import Policy
    from approvals.ports.store import Store

_ALL = 1 << 62


def print_numbers(
    store: "Store", policy: "Policy | None", *, since: datetime | None, now: datetime, as_json: bool
) -> None:
    """Add up everything that was filed since then, in the last 90 days where nothing is said, and print it."""
    from approvals.numbers import Count  # noqa: PLC0415
    from approvals.uses.measuring import WINDOW, measured  # noqa: PLC0415

    if policy is None:
        text = "no policy in force can be read, so what is offered is not known: start the service with one"
        refused(click.ClickException(text))
    found = measured(store, Count(policy), since=since or now - WINDOW, until=now, most=_ALL)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(found), indent=1))  # ASCII steers no terminal
    else:
        for line in _lines(found, sources=policy.source is not None):
            say(line)
    if not found.whole:
        text = "these numbers are not whole: some requests cannot be read; run `countersign audit verify`"
        refused(click.ClickException(text))


def _lines(found: "Numbers", *, sources: bool) -> Iterator[str]:
    from handlers.wording.history.numbers import OF_IAM  # noqa: PLC0415

    yield f"{many(found.read, 'request')} since {found.since:%Y-%m-%d}"
    yield from (f"  {name}: {count}" for name, count in found.outcomes.items())
    for heading, taken in (("By entitlement", found.entitlements), ("By week", found.weeks)):
        yield f"{heading}: time until people decided"
        yield from (_line(each) for each in taken)
    yield f"Emergencies: {found.emergencies}, of all {found.unreviewed} not reviewed"
    silent = ", ".join(f"{each.person} ({each.asked})" for each in found.silent)
    yield f"Asked, and not heard: {silent or 'nobody'}"
    if found.unlisted:
        yield f"  not counted: the members of {', '.join(found.unlisted)}"
    yield f"Never asked for: {', '.join(each.name for each in found.unused) or 'nothing'}"
    if sources:
        yield f"  {OF_IAM}"


def _line(taken: "Taken") -> str:
    from handlers.wording.history.numbers import named  # noqa: PLC0415

    name = named(taken)
    if taken.median is None or taken.ninth is None:
        return f"  {name}: asked {taken.asked}, decided by people 0"
    half, nine = (str(timedelta(seconds=each)) for each in (taken.median, taken.ninth))
    count = f"  {name}: asked {taken.asked}, decided by people {taken.decided}"
    return f"{count}, half in {half}, 9 of 10 in {nine}"
