"""`countersign drill`: ask approvers whether they are there, and say who answered and what hangs on the others."""

import json
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from bot.cli.ends import address, refused, unusable
from bot.cli.lines import say
from bot.cli.operator import operator
from bot.cli.standing import in_force

if TYPE_CHECKING:
    from approvals.drills import Drill
    from approvals.policy.drilling import Lost
    from approvals.policy.model import Policy
    from approvals.policy.notified import Members
    from approvals.ports.store import Store
    from approvals.reconcile.drills import Calls

_LOOK = 0.5
"""Seconds between two looks at who has answered."""

_WHERE = {"slack": " in Slack", "iap": " on the page"}
"""Where somebody answered, by the channel of their account."""

_BY = {"slack": " in Slack", "mail": " by mail"}
"""How somebody was called, by the channel of the message."""

_SERVICE = 30
"""Seconds after which it is said that no service seems to call anybody."""


@click.command()
@click.argument("what", metavar="[ENTITLEMENT]...", nargs=-1)
@click.option("--person", "persons", multiple=True, metavar="ADDRESS", help="Somebody to call; can be repeated.")
@click.option("--within", default="15m", show_default=True, help="How long they have to answer: 1m to 24h.")
@click.option("--live", is_flag=True, help="Ask Google who is in the directory's groups.")
@click.option("--last", is_flag=True, help="Call nobody, and say how the last drill stands.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def drill(
    *, what: tuple[str, ...], persons: tuple[str, ...], within: str, live: bool, last: bool, as_json: bool
) -> None:
    """Call approvers to a drill: nobody gets anything by it.

    Everybody who decides on ENTITLEMENT, or each ADDRESS, gets a direct message in Slack with one button; whoever
    that does not reach gets a mail that leads to a page with it. The service has to run; this waits until all have
    answered or the time is over, and says then which approvals could not be had if those who did not answer were
    away: with any, or with somebody who could not be called, the exit code is 1. Ctrl-C stops the waiting, not the
    drill: --last says how it went.
    """
    from bot.cli.opened import opened, settings  # noqa: PLC0415 - the store loads when it is needed

    if last == bool(what or persons):
        raise click.UsageError("name entitlements or --person ADDRESS; or --last alone")
    with opened(settings()) as store:
        policy, members = in_force(store), _members(live=live)
        if last:
            found = _last(store)
        else:
            named = {policy.identity.primary(address("--person", each)) for each in persons}
            people = _people(policy, members, what) | named
            found = _waited(store, _begun(store, people, _time(within)), quiet=as_json)
        _told(store, found, policy, members, as_json=as_json)


def _begun(store: "Store", people: Collection[str], within: timedelta) -> "Drill":
    from approvals import drilling, drills  # noqa: PLC0415
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415

    if not people:
        refused(click.ClickException("nobody is known who decides on that: name people with --person ADDRESS"))
    if len(people) > drills.MOST:
        refused(click.ClickException(f"that are {len(people)} people; a drill calls {drills.MOST} at most"))
    now = datetime.now(UTC)
    try:
        made = drilling.begin(store, people=sorted(people), within=within, by=operator(), now=now)
    except CountersignError as error:
        refused(error)
    return made


def _people(policy: "Policy", members: "Members", what: Sequence[str]) -> set[str]:
    from approvals.policy.drilling import called  # noqa: PLC0415
    from approvals.policy.words import selectors_in_words  # noqa: PLC0415

    known = {each.id for each in policy.offered}
    if wrong := [each for each in what if each not in known]:
        unusable(click.ClickException(f"the policy in force has no entitlement or action {', '.join(wrong)}"))
    found = called(policy, what, members=members)
    if found.unknown:
        say(f"not called, for it is not known here who that is: {selectors_in_words(found.unknown)}", err=True)
    return set(found.people)


def _time(text: str) -> timedelta:
    from approvals.drills import LONGEST, SHORTEST  # noqa: PLC0415
    from approvals.times import DurationError, parse_duration  # noqa: PLC0415

    try:
        within = parse_duration(text)
    except DurationError:
        raise click.UsageError(f"--within: {text!r} is no duration, such as 15m") from None
    if not SHORTEST <= within <= LONGEST:
        raise click.UsageError("--within: between 1m and 24h")
    return within


def _waited(store: "Store", drill: "Drill", *, quiet: bool) -> "Drill":
    """Wait until everybody has answered or the time is over, and say who answers meanwhile."""
    from approvals import drilling  # noqa: PLC0415
    from approvals.reconcile.drills import calls  # noqa: PLC0415

    count = len(drill.people)
    called = "1 person is" if count == 1 else f"{count} people are"
    say(f"{drill.id}: {called} called, until {drill.until:%H:%M} UTC", err=True)
    told: set[str] = set()
    began, warned = time.monotonic(), False
    while drill.lasts(datetime.now(UTC)):
        time.sleep(_LOOK)
        now = drilling.read(store)
        if now is None or now.id != drill.id:
            break
        drill = now
        for each in drill.answers:
            if each.person not in told and not quiet:
                say(f"{each.person} answered after {_seconds(drill, each.at)} s", err=True)
            told.add(each.person)
        if not warned and time.monotonic() - began > _SERVICE and not calls(store, drill).people:
            warned = True
            say("nobody was called yet: does the service run on this store?", err=True)
    return drill


def _last(store: "Store") -> "Drill":
    from approvals import drilling  # noqa: PLC0415

    found = drilling.read(store)
    if found is None:
        refused(click.ClickException("there was no drill yet"))
    return found


def _told(store: "Store", drill: "Drill", policy: "Policy", members: "Members", *, as_json: bool) -> None:
    from approvals.policy.drilling import lost  # noqa: PLC0415
    from approvals.reconcile.drills import calls  # noqa: PLC0415

    sent = calls(store, drill)
    silent = [person for person in drill.people if drill.answer(person) is None]
    found = list(lost(policy, silent, members=members))
    if as_json:
        click.echo(json.dumps(_plain(drill, sent, found)))
    else:
        _say(drill, sent, found)
    if found or any(sent.of(person).trouble for person in drill.people):
        raise SystemExit(1)


def _say(drill: "Drill", sent: "Calls", found: "Sequence[Lost]") -> None:
    for person in drill.people:
        say(f"{person} {_how(drill, sent, person)}")
    for each in found:
        stage = f", stage {each.stage} of {each.stages}" if each.stages > 1 else ""
        needed = f"it needs {each.needed}, and {each.left or 'none'} would be left"
        if each.left >= each.needed:
            needed = "those who would be left are needed in another stage"
        done = "reviewed" if each.review else "approved"
        say(f"without the others {each.id}{stage} cannot be {done}: {needed}")
    if not found:
        say("everything that could be approved before still could be without those who did not answer")


def _how(drill: "Drill", sent: "Calls", person: str) -> str:
    from approvals.people.accounts import channel_of  # noqa: PLC0415

    call, answer = sent.of(person), drill.answer(person)
    if answer is not None:
        where = _WHERE.get(channel_of(answer.account), "")
        return f"answered after {_seconds(drill, answer.at)} s{where}"
    if call.trouble:
        return f"could not be called: {call.trouble}"
    if call.posted is None:
        return "was not called"
    return f"was called{_BY.get(call.posted.channel, '')} and has not answered"


def _plain(drill: "Drill", sent: "Calls", found: "Sequence[Lost]") -> dict[str, Any]:
    from approvals.times import rfc3339  # noqa: PLC0415

    people = [_person(drill, sent, person) for person in drill.people]
    lost = [{"id": each.id, "stage": each.stage, "needed": each.needed, "left": each.left} for each in found]
    return {
        "id": drill.id,
        "by": drill.by,
        "begun": rfc3339(drill.begun),
        "until": rfc3339(drill.until),
        "people": people,
        "lost": lost,
    }


def _person(drill: "Drill", sent: "Calls", person: str) -> dict[str, Any]:
    from approvals.people.accounts import channel_of  # noqa: PLC0415

    call, answer = sent.of(person), drill.answer(person)
    return {
        "person": person,
        "called": call.posted is not None,
        "called_by": (call.posted.channel or None) if call.posted is not None else None,
        "answered_after": _seconds(drill, answer.at) if answer is not None else None,
        "answered_by": channel_of(answer.account) if answer is not None else None,
        "trouble": call.trouble or None,
    }


def _seconds(drill: "Drill", at: datetime) -> int:
    from approvals.times import whole_seconds  # noqa: PLC0415

    # As whoever answered reads it.
    return max(1, int((whole_seconds(at) - whole_seconds(drill.begun)).total_seconds()))


def _members(*, live: bool) -> "Members":
    if not live:
        return lambda _: None
    from approvals.backends.google_credentials import CredentialsError  # noqa: PLC0415
    from approvals.policy.live import members_of  # noqa: PLC0415
    from bot.cli.opened import settings  # noqa: PLC0415
    from bot.googles import cloud  # noqa: PLC0415

    try:
        return members_of(cloud(base_url=settings().google_api_base_url))
    except CredentialsError as error:
        unusable(error)
