"""`countersign revoke`: take everything of a person or an entitlement, at the machine, when chat is no help."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.cli.because import because
from bot.cli.ends import no_address, refused
from bot.cli.lines import say
from bot.cli.operator import operator, reason
from bot.cli.standing import rules_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from approvals.ports.store import Store
    from approvals.requests import Request
    from approvals.reviews import Typed


@click.command()
@click.option("--person", default=None, metavar="ADDRESS", help="Whose access ends; aliases count as well.")
@click.option("--entitlement", default=None, metavar="ID", help="By which entitlement or action everybody's ends.")
@because("A reason; this person reads it, and whoever opens a card's details.")
def revoke(person: str | None, entitlement: str | None, why: str) -> None:
    """End all access of one person or by one entitlement.

    What waits is withdrawn, and nobody stands in for this person any more, nor this person for anybody. The
    service that runs on this store removes the bindings within seconds; without one they end with their windows.
    Take it out of the policy as well, or the same can be asked for anew. What cannot be read is left and named;
    then the exit code is 1.
    """
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415 - the store loads when it is needed
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    if (person is None) == (entitlement is None):
        raise click.UsageError("name either --person ADDRESS or --entitlement ID")
    said = reason(why)
    with opened(settings()) as store:
        try:
            if person is not None:
                _of_person(store, person, said)
            else:
                _of_entitlement(store, entitlement or "", said)
        except CountersignError as error:
            refused(error)


def _of_person(store: "Store", person: str, why: "Typed | None") -> None:
    from approvals.absences import end_of  # noqa: PLC0415
    from approvals.refusals.errors import Refused  # noqa: PLC0415
    from approvals.uses.revoking import addresses_of, left  # noqa: PLC0415
    from approvals.uses.revoking import revoke as take_all  # noqa: PLC0415

    try:
        rules = rules_of(store)
        found = take_all(store, rules, person, by=operator(), why=why, now=datetime.now(UTC))
        unread = left(store, rules, person)
        ended = end_of(store, addresses_of(rules, person), by=operator(), now=datetime.now(UTC))
    except Refused:
        no_address("--person", person)
    _list(found)
    for absence in ended:
        say(f"{absence.delegate} stands in for {absence.person} no more")
    if unread:
        refused(click.ClickException(_not_all(unread)))
    if not found and not ended:
        say(f"{person.lower()} has no access here and waits for none")


def _of_entitlement(store: "Store", entitlement: str, why: "Typed | None") -> None:
    from approvals.uses.revoking import remaining, revoke_entitlement  # noqa: PLC0415

    found = revoke_entitlement(store, entitlement, by=operator(), why=why, now=datetime.now(UTC))
    _list(found)
    rest = remaining(store, entitlement)
    if rest.filed:
        say(f"filed meanwhile, so run this again: {', '.join(rest.filed)}", err=True)
    if rest.damaged:
        names = ", ".join(rest.damaged)
        say(f"cannot be read, so left as they are: {names}: restore a backup, or look in Google Cloud", err=True)
    if rest.filed or rest.damaged:
        refused(click.ClickException("not all is taken"))
    if not found:
        say(f"nobody has access by {entitlement!r} or waits for it; ids are spelled as in the policy")


def _list(found: "Sequence[Request]") -> None:
    for request in found:
        say(_said(request))


def _not_all(requests: "Sequence[str]") -> str:
    count = "1 request" if len(requests) == 1 else f"{len(requests)} requests"
    return (
        f"not all is taken: {count} cannot be read ({', '.join(requests)}), and until that is mended nothing that"
        " this person has on the same resources is removed: take it out in Google Cloud, and restore a backup"
    )


def _said(request: "Request") -> str:
    from approvals.targets import resources  # noqa: PLC0415

    places = ", ".join(resources(request.terms.targets))
    where = f" on {places}" if places else ""
    what = f"{request.id}: {request.terms.title}{where} for {request.requester}"
    return f"{what}: {'withdrawn' if request.state == 'withdrawn' else 'ended'}"
