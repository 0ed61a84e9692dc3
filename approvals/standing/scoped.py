"""What stands in the whole scope of a policy's source, by what is searched of it: what IAM offers, and what
lies beside that, also on folders and the organization, which hand their bindings down.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from approvals.eligible.bindings import Attached, eligible
from approvals.ports.catalog import Listing
from approvals.ports.targets import Binding, Snapshot
from approvals.standing.drift import Found, Look, Records, Used, drifted, names_one_of


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """How a scope lies, and the roles that are offered on each place of it or on what lies below.

    `above` leads projects to what they lie in, nearest first and up to the scope; `named` leads their numbers to
    them. `below` counts the projects that have a role by what is above them.
    """

    roles: Mapping[str, frozenset[str]]
    above: Mapping[str, tuple[str, ...]]
    named: Mapping[str, str]
    below: Mapping[tuple[str, str], int]


def ground(listing: Listing, *, scope: str, offered: Mapping[str, frozenset[str]]) -> Ground:
    """Lay out what was listed. `offered` are the roles that the policy's file offers, by resource."""
    above = {each.resource: _up_to(scope, each.resource, each.above) for each in listing.projects}
    roles: dict[str, set[str]] = {place: set(those) for place, those in offered.items() if place in above}
    for each in eligible(listing.policies, above, scope=scope, both=True).eligible:
        roles.setdefault(each.project, set()).add(each.role)
    below: Counter[tuple[str, str]] = Counter()
    for project, those in tuple(roles.items()):
        for place in above[project]:
            roles.setdefault(place, set()).update(those)
            below.update((place, role) for role in those)
    return Ground(
        roles={place: frozenset(those) for place, those in roles.items()},
        above=above,
        named={each.number: each.resource for each in listing.projects if each.number},
        below=below,
    )


def _up_to(scope: str, project: str, above: tuple[str, ...]) -> tuple[str, ...]:
    chain = (project, *above)
    return chain[1 : chain.index(scope) + 1] if scope in chain else ()


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """What a search says of one place. Nobody read the records of what was granted there."""

    resource: str
    bindings: tuple[Binding, ...]

    @classmethod
    def of(cls, attached: Attached, ground: Ground) -> "Searched":
        """Each member of a binding apart, as it is granted."""
        found = (
            Binding(
                role=each.role,
                member=member,
                title=each.title,
                description=each.description,
                expression=each.condition,
            )
            for each in attached.bindings
            for member in each.members
        )
        return cls(
            resource=ground.named.get(attached.resource, attached.resource), bindings=tuple(dict.fromkeys(found))
        )

    def names(self, instance: str) -> bool:
        """Something here says that it is of this installation: then its policy itself has to be looked at."""
        return any(names_one_of(each, instance) for each in self.bindings)


def beside(searched: Searched, ground: Ground, *, used: Used, now: datetime) -> Iterator[Found]:
    """What drifted there, as far as that can be told without records."""
    place = searched.resource
    look = Look(
        snapshot=Snapshot(resource=place, etag="", bindings=searched.bindings, raw={}),
        roles=ground.roles.get(place, frozenset()),
        records=Records(instance="", held=(), ledger=(), request=lambda _: None),
        used=used,
        now=now,
    )
    for each in drifted(look):
        yield msgspec.structs.replace(each, below=ground.below.get((place, each.role), 0))
