"""Freezing and thawing one entitlement or one person, at the machine."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import click

from bot.cli.ends import address, refused
from bot.cli.lines import say
from bot.cli.operator import operator
from bot.cli.standing import policy_of, rules_of

if TYPE_CHECKING:
    from approvals.parts import Kind, Part
    from approvals.ports.store import Store
    from approvals.reviews import Typed


def freeze(entitlement: str | None, person: str | None, reason: "Typed | None") -> None:
    """Freeze one of the two, and say so. An entitlement that the policy does not name is refused: it is a typo."""
    from approvals.freezes import parting  # noqa: PLC0415 - the store loads when it is needed
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    _require_one(entitlement, person)
    now = datetime.now(UTC)
    with opened(settings()) as store:
        part = _part(store, entitlement, person, reason, now)
        try:
            entry = parting.freeze(store, part, now=now)
        except CountersignError as error:
            may_not_be_done(error)
        if entry is None:
            say(f"{_since(store, part)}; nothing was changed")
            return
    if part.kind == "person":
        say(f"{part.name} is frozen: what they ask for is not decided or given, nor does what they decide count")
    else:
        say(f"{part.name} is frozen: nobody can ask for it, vote or decide on it, and nobody is given it")
    say(f"withdrawals, ends and removals go on; `countersign thaw --{part.kind} {part.name}` lifts it")


def thaw(entitlement: str | None, person: str | None, reason: "Typed | None") -> None:
    """Lift the freeze of one of the two."""
    from approvals.freezes import parting  # noqa: PLC0415
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    _require_one(entitlement, person)
    with opened(settings()) as store:
        name = entitlement if entitlement is not None else address("--person", person or "")
        kind: Kind = "entitlement" if entitlement is not None else "person"
        try:
            entry = parting.thaw(store, kind, name, by=operator(), why=reason, now=datetime.now(UTC))
        except CountersignError as error:
            may_not_be_done(error)
    if entry is None:
        say(f"{name} is not frozen by itself; nothing was changed")
    else:
        say(f"{name} is thawed: what waited goes on, and what was approved is given")


def _require_one(entitlement: str | None, person: str | None) -> None:
    if entitlement is not None and person is not None:
        raise click.UsageError("name either --person ADDRESS or --entitlement ID")


def _part(
    store: "Store", entitlement: str | None, person: str | None, reason: "Typed | None", now: datetime
) -> "Part":
    from approvals.parts import Part  # noqa: PLC0415

    if entitlement is None:
        rules, named = rules_of(store), address("--person", person or "")
        name = rules.primary(named)
        if rules.domains and not rules.knows(name):
            known = " or ".join(f"@{domain}" for domain in rules.domains)
            refused(click.ClickException(f"{name} is nobody here, so nothing was frozen: people have {known}"))
        addresses = tuple(dict.fromkeys((named, *rules.addresses(name))))
        return Part(kind="person", name=name, addresses=addresses, by=operator(), at=now, reason=reason)
    policy = policy_of(store)
    if policy is not None and policy.named(entitlement) is None:
        refused(click.ClickException(f"the policy names no entitlement {entitlement!r}, so nothing was frozen"))
    return Part(kind="entitlement", name=entitlement, by=operator(), at=now, reason=reason)


def may_not_be_done(error: Exception) -> NoReturn:
    """End a command whose change the store may have taken, while its answer was lost."""
    refused(click.ClickException(f"{error}. It may not be done: run the same again until it says that it is"))


def _since(store: "Store", part: "Part") -> str:
    from approvals.freezes import parting  # noqa: PLC0415

    found = parting.read(store).against(part.name if part.kind == "entitlement" else "", part.addresses)
    return said(found or part)


def said(part: "Part") -> str:
    """Say since when something is frozen by itself, by whom and why."""
    from approvals.times import rfc3339  # noqa: PLC0415

    at = f" since {rfc3339(part.at)}" if part.at is not None else ""
    why = f" ({part.why})" if part.why else ""
    return f"{part.name} is frozen,{at} by {part.by}{why}"


def told() -> None:
    """The same of the store of the settings."""
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    with opened(settings()) as store:
        tell(store)


def tell(store: "Store") -> None:
    """Say what is frozen by itself."""
    from approvals.freezes import parting  # noqa: PLC0415

    for part in parting.read(store).parts:
        say(f"{said(part)}: `countersign thaw --{part.kind} {part.name}` lifts it")
