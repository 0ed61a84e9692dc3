"""`countersign report`: who had which access."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from bot.cli.ends import address, refused, unusable
from bot.cli.lines import say
from bot.cli.numbers import print_numbers
from bot.cli.operator import operator
from bot.cli.standing import last_good

if TYPE_CHECKING:
    from approvals.people.memberships import Memberships
    from approvals.policy.model import Policy
    from approvals.ports.store import Store
    from approvals.report import Row, Wanted
    from approvals.requests import Request
    from approvals.uses.telling import DeadLetter
    from bot.settings import Local

_COLUMNS = (
    "person",
    "resource",
    "roles",
    "grant",
    "entitlement",
    "title",
    "since",
    "until",
    "state",
    "ended_by",
    "approved_by",
    "break_glass",
    "request",
)


_TIMEOUT = 10.0
"""Seconds for each look into a directory group."""


@click.command()
@click.option(
    "--resource",
    default="",
    metavar="NAME",
    help="Only this one: projects/ID, folders/NUMBER or organizations/NUMBER.",
)
@click.option("--person", default="", metavar="ADDRESS", help="Only this person, by e-mail address.")
@click.option("--since", help="Only what lasted after this day (2026-11-01, in UTC), or in the last 30d.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, for spreadsheets.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.option("--numbers", is_flag=True, help="Print how long decisions took, and what nobody uses or answers.")
@click.option(
    "--as",
    "auditor",
    metavar="ADDRESS",
    help="Add the reasons, for this auditor of the policy; the audit records it.",
)
def report(
    *,
    resource: str,
    person: str,
    since: str | None,
    as_csv: bool,
    as_json: bool,
    numbers: bool,
    auditor: str | None,
) -> None:
    """Print who had which access, when, and who approved it.

    Oldest first. What cannot be read is left out and named; then the exit code is 1.
    """
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from approvals.report import Wanted  # noqa: PLC0415
    from approvals.report import report as reported  # noqa: PLC0415
    from bot.cli.opened import opened, readable, settings  # noqa: PLC0415

    if as_csv and as_json:
        raise click.UsageError("choose one of --csv and --json")
    read, now = settings(), datetime.now(UTC)
    if numbers:
        _numbers(read, since, now=now, as_json=as_json, narrowed=as_csv or resource or person or auditor)
        return
    left_out: list[str] = []
    given_up: list[DeadLetter] = []
    try:
        wanted = Wanted(resource=_resource(resource), person=_person(person), since=_moment(since, now=now))
    except ValueError as error:
        unusable(error)
    with opened(read) as store:
        try:
            policy = _in_force(store)
            wanted = _of_one(wanted, policy)
            if auditor is not None:
                _admit(auditor, policy, store, read, wanted, now=now)
            requests = _noted(store, readable(store, left_out), given_up)
            rows = list(reported(requests, wanted, reasons=auditor is not None, now=now))
        except CountersignError as error:
            refused(error)
    _print(rows, (*_COLUMNS, *(["reason"] if auditor else [])), as_json=as_json, as_csv=as_csv)
    if given_up:
        say(_untold(len(given_up)), err=True)
    if left_out:
        refused(click.ClickException(_missing(left_out)))


def _of_one(wanted: "Wanted", policy: "Policy | None") -> "Wanted":
    """What is wanted of a person, by the address that leads all of theirs."""
    if not wanted.person:
        return wanted
    if policy is None:
        say("no policy in force can be read, so aliases are not known: name each address", err=True)
        return wanted
    return msgspec.structs.replace(wanted, person=policy.identity.primary(wanted.person))


def _numbers(
    read: "Local", since: str | None, *, now: datetime, as_json: bool, narrowed: str | bool | None
) -> None:
    """Numbers are of all that was filed since then. Raises `click.UsageError` where somebody wants less."""
    from bot.cli.opened import opened  # noqa: PLC0415

    if narrowed:
        raise click.UsageError("--numbers are of everything: only --since and --json go with them")
    try:
        begun = _moment(since, now=now)
    except ValueError as error:
        unusable(error)
    with opened(read) as store:
        print_numbers(store, _in_force(store), since=begun, now=now, as_json=as_json)


def _print(rows: "Sequence[Row]", columns: Sequence[str], *, as_json: bool, as_csv: bool) -> None:
    from bot.cli import tables  # noqa: PLC0415

    if as_json:
        click.echo(json.dumps([tables.plain(row, columns) for row in rows], indent=1))  # ASCII steers no terminal
    elif as_csv:
        click.echo(tables.as_csv(rows, columns), nl=False)
    else:
        for line in tables.lines(rows):
            say(line)


def _resource(text: str) -> str:
    from approvals.policy.reading.values import RESOURCE  # noqa: PLC0415

    if text and not re.fullmatch(RESOURCE, text):
        raise ValueError(
            f"--resource: {text!r} is no resource; write projects/ID, folders/NUMBER or organizations/NUMBER"
        )
    return text


def _person(text: str, *, option: str = "--person") -> str:
    return address(option, text) if text else ""


def _moment(text: str | None, *, now: datetime) -> datetime | None:
    from approvals.times import DurationError, parse_duration  # noqa: PLC0415

    if text is None:
        return None
    try:
        day = datetime.fromisoformat(text)
        return day.replace(tzinfo=UTC) if day.tzinfo is None else day
    except ValueError:
        pass
    try:
        return now - parse_duration(text)
    except DurationError as error:
        raise ValueError(
            f"--since: {text!r} is neither a day such as 2026-11-01 nor a time such as 30d"
        ) from error


def _in_force(store: "Store") -> "Policy | None":
    """The last good policy; None where there is none, or none that this release can read."""
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415

    try:
        return last_good(store)
    except PolicyError:
        return None


def _noted(store: "Store", requests: "Iterator[Request]", given_up: "list[DeadLetter]") -> "Iterator[Request]":
    """The same requests; what their applications were not told is noted."""
    from approvals.uses.telling import dead_letters  # noqa: PLC0415

    for request in requests:
        given_up += dead_letters(store, [request])
        yield request


def _untold(count: int) -> str:
    messages = "1 message to an application was" if count == 1 else f"{count} messages to applications were"
    return f"{messages} given up: `countersign app webhooks` lists what, and sends it again"


def _missing(requests: Sequence[str]) -> str:
    count = "1 request" if len(requests) == 1 else f"{len(requests)} requests"
    return (
        f"this report is not whole: {count} cannot be read ({', '.join(requests)});"
        " run `countersign audit verify` for what is wrong, and restore a backup"
    )


def _admit(
    address: str, policy: "Policy | None", store: "Store", read: "Local", wanted: "Wanted", *, now: datetime
) -> None:
    """Let an auditor of the policy in force read reasons, and record it. Raises `Refused`.

    Nobody signs in here: whoever can run this on the store could read it in other ways, too. What is won is
    that reasons are shown to nobody by accident, and to those who are named only on the record.
    """
    from approvals.policy.selectors import answer  # noqa: PLC0415
    from handlers.wording.refusing.refusals import Said  # noqa: PLC0415

    if policy is None:
        raise Said(
            "auditor",
            "no policy in force can be read, so it is not known who is an auditor:"
            " start the service with a good policy file, or leave --as out for a report without reasons",
        )
    person = policy.identity.primary(_person(address, option="--as"))
    if answer(policy, policy.auditors, person, _memberships(policy, person, read)) != "yes":
        raise Said(
            "auditor",
            f"{person} is not among the auditors of the policy in force, or it cannot be known:"
            " name auditors in the policy file, or leave --as out for a report without reasons",
        )
    store.append(
        at=now,
        actor=operator(),
        action="report.reasons",
        detail={
            "as": person,
            "resource": wanted.resource,
            "person": wanted.person,
            "since": wanted.since.isoformat() if wanted.since else "",
        },
    )


def _memberships(policy: "Policy", person: str, read: "Local") -> "Memberships":
    """Whether the person is in the directory groups that the auditors name; what does not answer is left out."""
    from approvals.people.memberships import Memberships  # noqa: PLC0415
    from approvals.policy.selectors import directory_groups  # noqa: PLC0415
    from approvals.refusals.errors import NotFound, Unavailable  # noqa: PLC0415
    from bot import googles  # noqa: PLC0415

    directory, answers = googles.directory(base_url=read.google_api_base_url), {}
    for group in directory_groups(policy, policy.auditors):
        try:
            answers[group, person] = directory.is_member(group, person, timeout=_TIMEOUT)
        except NotFound:
            answers[group, person] = False
        except Unavailable as error:
            say(f"countersign: {error}", err=True)
    return Memberships(answers=answers)
