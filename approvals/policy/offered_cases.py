"""What a file of cases says of bindings in IAM, and which entitlement of those that they make a case means."""

from collections.abc import Callable, Iterator, Sequence

import msgspec
import yaml

from approvals.people.memberships import Memberships
from approvals.policy.expecting import texts
from approvals.policy.model import OF_IAM, Entitlement, Policy
from approvals.policy.reading.document import Reader
from approvals.policy.reading.keys import Keys
from approvals.policy.selectors import answer
from approvals.targets import all_roles, resources

_KEYS = ("resource", "role", "members", "condition")
_BINDING = Keys(known=_KEYS, required=_KEYS)
_PLACE = "projects/"
_ON = " on "


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """An eligible binding as it counts on a project, at its place in the file."""

    place: str
    on: str
    role: str
    members: tuple[str, ...]
    condition: str


Offers = Callable[[Policy, Sequence[Stated]], tuple[Sequence[Entitlement], Sequence[tuple[str, str]]]]
"""What IAM would offer by bindings, and what it would not: the place of each, and why."""


def offered(reader: Reader, node: yaml.Node, policy: Policy, offers: Offers) -> tuple[Entitlement, ...]:
    """Read `eligible`. One that makes nobody eligible is refused at its place."""
    if policy.source is None:
        reader.refuse(node, "bad-value", "eligible is for a policy with sources.jit_access, and this one has none")
        return ()
    items = {f"{each.start_mark.line + 1}": each for each in reader.items(node, "eligible") or ()}
    stated = [found for place, each in items.items() if (found := _stated(reader, each, place)) is not None]
    entitlements, left_out = offers(policy, stated)
    for place, why in left_out:
        reader.refuse(items.get(place, node), "bad-value", why)
    return tuple(entitlements)


def _stated(reader: Reader, node: yaml.Node, place: str) -> Stated | None:
    found = reader.mapping(node, "an eligible binding", _BINDING)
    if found is None or not reader.required(node, found, "an eligible binding", *_BINDING.required):
        return None
    on, role = reader.string(found["resource"], "resource"), reader.string(found["role"], "role")
    condition = reader.string(found["condition"], "condition")
    if on is not None and not on.startswith(_PLACE):
        text = "resource is a project, such as projects/shop-prod: one from above counts on each project below"
        reader.refuse(found["resource"], "bad-value", text)
        return None
    if on is None or role is None or condition is None:
        return None
    members = texts(reader, found["members"], "members")
    return Stated(place=place, on=on, role=role, members=members, condition=condition)


def is_of_iam(policy: Policy, what: str) -> bool:
    """A case means what IAM offers: `ROLE on PROJECT`, or an id of IAM's, and nothing of the file is called so."""
    return (
        policy.source is not None and what not in policy.entitlements and (_ON in what or what.startswith(OF_IAM))
    )


def meant(
    policy: Policy, offered: Sequence[Entitlement], what: str, *, who: str, memberships: Memberships
) -> tuple[Entitlement, ...]:
    """What is meant, as `who` is shown it: what they may ask for, where it is offered to others as well.

    By a role on a project it may be several, which conditions tell apart.
    """
    fitting = tuple(_fitting(offered, what))
    mine = tuple(each for each in fitting if answer(policy, each.requesters, who, memberships) == "yes")
    alone = tuple(each for each in mine if each.requirement.kind == "self")
    hidden = {each.targets for each in alone}
    return tuple(each for each in mine if each in alone or each.targets not in hidden) or fitting


def with_offer(policy: Policy, found: Entitlement) -> Policy:
    """The policy with one thing that IAM offers."""
    return msgspec.structs.replace(policy, entitlements={**policy.entitlements, found.id: found})


def _fitting(offered: Sequence[Entitlement], what: str) -> Iterator[Entitlement]:
    role, _, place = what.partition(_ON)
    names = {role.strip().lower(), f"roles/{role.strip().lower()}"}
    where = place.strip().removeprefix(_PLACE)
    for each in offered:
        called = names & {given.lower() for given in all_roles(each.targets)}
        if each.id == what or (called and resources(each.targets) == (f"{_PLACE}{where}",)):
            yield each


def is_stated(offered: Sequence[Entitlement], what: str) -> bool:
    """Something is said of the project that a case is about: then nothing else is offered there."""
    where = what.partition(_ON)[2].strip().removeprefix(_PLACE)
    place = f"{OF_IAM}{where}." if where else f"{what.rpartition('.')[0]}."
    return any(each.id.startswith(place) for each in offered)
