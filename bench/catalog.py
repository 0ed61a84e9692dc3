"""What IAM offers, searched: 10,000 projects and the roles on them, while 64 people type; 300 bindings for one.

Google is none of it: a listing is handed over as it would have come. Everything behind it is the program's own.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import quantiles
from types import SimpleNamespace
from typing import Any

from approvals.eligible.bindings import Attached, Binding
from approvals.evidence import Witness
from approvals.judging.cases import Cases
from approvals.offers.catalog import IamCatalog
from approvals.parts import NOTHING_FROZEN
from approvals.policy.reading.parse import parse
from approvals.ports.catalog import Listing, Project
from approvals.uses.offering import Offering
from bench.figures import Figure

PROJECTS, BINDINGS, PEOPLE, TYPED = 10_000, 300, 64, 100
ORGANIZATION = "organizations/100"
_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
_ROLES = ("roles/compute.admin", "roles/run.viewer", "roles/storage.objectViewer")
_MARKERS = ("has({}.jitAccessConstraint)", "has({}.multiPartyApprovalConstraint)")
_KEYS = ("s", "sh", "sho", "shop", "shop 77", "shop 777", "shop 7777", "shop 7777 ad")
_PAUSE = 0.5
"""Seconds between two lists of somebody who types: Slack asks once they pause."""

_POLICY = f"""\
version: 1
identity: {{domains: [example.com]}}
entitlements: []
sources: {{jit_access: {{scope: {ORGANIZATION}, duration: {{default: 1h, max: 2h}}}}}}
"""


def measure(folder: Path) -> list[Figure]:
    """A key of one of 64 people who type, in CPU and as they wait for it; and 300 bindings in CPU."""
    del folder
    with ThreadPoolExecutor(PEOPLE) as threads:
        wide = _offering(listing(organization=True), threads)
        found = len(list(wide.search(_person(1), "", now=_AT).entitlements))
        spent = time.process_time()
        waits = list(threads.map(lambda number: _types(wide, number), range(PEOPLE)))
        spent = time.process_time() - spent
        taken = sorted(each for waited in waits for each in waited)
        narrow = _offering(listing(organization=False), threads)
        looks = [_look(narrow, number) for number in range(PEOPLE)]
    late = quantiles(taken, n=20)[-1] * 1000
    beside = f"{found:,} entitlements each, a key every {_PAUSE} s, {len(taken):,} keys"
    first = f"the slowest of {len(looks)} people's, who are in one group"
    name = f"search of {PROJECTS:,} projects while {PEOPLE} people type, p95 in ms"
    return [
        Figure(
            name=f"CPU of one key, of {PEOPLE} people who type in {PROJECTS:,} projects, in ms",
            value=round(spent / len(taken) * 1000, 3),
            target=3.0,
            better="lower",
            baseline=beside,
        ),
        Figure(name=name, value=round(late, 3), target=100.0, better="lower", baseline=beside),
        Figure(
            name=f"{BINDINGS} eligible bindings resolved for one person from cache, in ms of CPU",
            value=round(max(looks) * 1000, 3),
            target=5.0,
            better="lower",
            baseline=first,
        ),
    ]


def listing(*, organization: bool) -> Listing:
    """Projects in one organization, with eligible bindings of people and groups; and three for all of them."""
    projects = tuple(
        Project(resource=f"projects/shop-{number}", title=f"Shop {number}", above=(ORGANIZATION,))
        for number in range(PROJECTS)
    )
    policies = [
        Attached(
            resource=f"projects/shop-{number * 7}", bindings=(_binding(number, f"projects/shop-{number * 7}"),)
        )
        for number in range(BINDINGS)
    ]
    if organization:
        everybody = tuple(
            Binding(role=role, members=("group:all@example.com",), condition=_MARKERS[1], place=ORGANIZATION)
            for role in _ROLES
        )
        policies.append(Attached(resource=ORGANIZATION, bindings=everybody))
    return Listing(projects=projects, policies=tuple(policies))


def _binding(number: int, place: str) -> Binding:
    people = tuple(f"user:p{(number + each) % 100}@example.com" for each in range(10))
    return Binding(
        role=_ROLES[number % len(_ROLES)],
        members=(*people, f"group:team-{number % 50}@example.com"),
        condition=_MARKERS[number % 2],
        place=place,
    )


class _Listed:
    """A catalog that says what it was given."""

    def __init__(self, found: Listing) -> None:
        self._found = found

    def effective(self, scope: str, project: str, *, timeout: float) -> tuple[Attached, ...]:
        del scope, timeout
        return tuple(each for each in self._found.policies if each.resource in (project, ORGANIZATION))

    def listing(self, scope: str, *, query: str, timeout: float) -> Listing:
        del scope, query, timeout
        return self._found

    def standing(self, scope: str, *, timeout: float) -> Iterator[Attached]:
        del scope, timeout
        yield from self._found.policies


class _Everybody:
    """A directory in which everybody is in `all` and in one team."""

    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        del timeout
        return group.startswith("all@") or group == f"team-{int(person[1:].partition('@')[0]) % 50}@example.com"


class _Nobody:
    def account(self, ref: str, *, timeout: float) -> Any:
        raise AssertionError(f"nobody asks for {ref} within {timeout} s")


def _offering(found: Listing, threads: ThreadPoolExecutor) -> Offering:
    policy = parse(_POLICY, source="bench")
    witness = Witness(directory=_Everybody(), accounts=_Nobody(), executor=threads)
    catalog = IamCatalog(_Listed(found), executor=threads, time_left=lambda _: 60.0)
    nothing: Any = None
    cases = Cases(
        policy=lambda: policy,
        witness=witness,
        generation=lambda: "",
        store=nothing,
        parts=lambda: NOTHING_FROZEN,
        catalog=catalog,
        surveyor=nothing,
    )
    offering = Offering(cases=cases)
    for number in range(100):
        offering.search(_person(number), "", now=_AT)  # groups are known for a minute, as in the program
    return offering


def _person(number: int) -> Any:
    """Somebody, as far as a list looks: it asks for nothing but who they are."""
    return SimpleNamespace(principal=f"p{number}@example.com")


def _types(offering: Offering, number: int) -> Sequence[float]:
    """How long each key of one person took until its list of a hundred was there."""
    taken = []
    time.sleep(_PAUSE * number / PEOPLE)
    for key in _KEYS * 2:
        begun = time.perf_counter()
        list(islice(offering.search(_person(number), key, now=_AT).entitlements, TYPED))
        taken.append(time.perf_counter() - begun)
        time.sleep(_PAUSE)
    return taken


def _look(offering: Offering, number: int) -> float:
    begun = time.thread_time()
    list(islice(offering.search(_person(number), "", now=_AT).entitlements, TYPED))
    return time.thread_time() - begun
