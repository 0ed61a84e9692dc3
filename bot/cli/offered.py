"""What IAM offers, for commands about a policy file: by bindings that a file states, or as Google says now."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bot.cli.ends import refused, unusable
from bot.cli.lines import say

if TYPE_CHECKING:
    from approvals.offers.iam_offers import Offers
    from approvals.policy.model import Entitlement, Policy
    from approvals.policy.offered_cases import Stated

_TIMEOUT = 20.0
_SHOWN = 10


def offered_by(
    policy: "Policy", stated: "Sequence[Stated]"
) -> "tuple[Sequence[Entitlement], Sequence[tuple[str, str]]]":
    """What bindings that a file states would offer, and what they would not: the place of each, and why."""
    from approvals.eligible.bindings import Attached, Binding  # noqa: PLC0415
    from approvals.offers.iam_offers import offers  # noqa: PLC0415

    held: dict[str, list[Binding]] = {}
    for each in stated:
        binding = Binding(role=each.role, members=each.members, condition=each.condition, place=each.place)
        held.setdefault(each.on, []).append(binding)
    attached = [Attached(resource=on, bindings=tuple(those)) for on, those in held.items()]
    found = offers(policy, attached, dict.fromkeys(held, ()))
    return [each.entitlement for each in found.offered], [(each.place, each.text) for each in found.left_out]


def joined(policy: "Policy", what: str, *, person: str, file: object) -> "tuple[Policy, str]":
    """The policy with what is meant of IAM's offers by an id or `ROLE on PROJECT`, and its id.

    Google is asked with the credentials at hand. Ends the command where that cannot be known, or nothing fits.
    """
    from approvals.people.memberships import NOTHING_KNOWN  # noqa: PLC0415
    from approvals.policy.offered_cases import meant, with_offer  # noqa: PLC0415

    project = _project(what)
    if not project:
        refused(click.ClickException(f"{what!r} names no project: write ROLE on PROJECT, or an id of IAM's"))
    found = _asked(policy, project)
    for each in found.left_out:
        say(f"offers nothing: {each.place}: {each.text}", err=True)
    offered = [each.entitlement for each in found.offered]
    fitting = meant(policy, offered, what, who=person, memberships=NOTHING_KNOWN)
    if len(fitting) > 1:
        refused(click.ClickException(f"{what!r} fits several: {_listed(fitting)}. Name one by its id"))
    if not fitting:
        beside = f"; on {project} IAM offers {_listed(offered)}" if offered else f", and nothing else on {project}"
        refused(click.ClickException(f"neither {file} nor IAM offers {what!r}{beside}"))
    return with_offer(policy, fitting[0]), fitting[0].id


def _project(what: str) -> str:
    from approvals.offers.iam_offers import project_of  # noqa: PLC0415

    where = what.partition(" on ")[2].strip().removeprefix("projects/")
    return project_of(f"iam.{where}.{'0' * 16}") or project_of(what)


def _asked(policy: "Policy", project: str) -> "Offers":
    from approvals.offers.iam_offers import offers  # noqa: PLC0415
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from bot import googles  # noqa: PLC0415
    from bot.cli.opened import settings  # noqa: PLC0415

    scope = policy.source.scope if policy.source is not None else ""
    try:
        catalog = googles.catalog(base_url=settings().google_api_base_url)
        policies = catalog.effective(scope, project, timeout=_TIMEOUT)
    except CountersignError as error:
        unusable(click.ClickException(f"what IAM offers on {project} cannot be known: {error}"))
    return offers(policy, policies, {project: [each.resource for each in policies]})


def _listed(found: "Sequence[Entitlement]") -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(f"{each.title} ({each.id})" for each in found[:_SHOWN]) + more
