"""The groups into which people are let: who is in them, and what other hands do there."""

import threading
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from approvals.times import rfc3339
from chaos.scene import PROJECTS, REQUESTERS, address, team
from chaos.script import Act
from sandbox.google.errors import GoogleError
from sandbox.google.groups import Groups, Membership

EVER = 2_085_000_000.0
"""The end of what others give for a time, in seconds since 1970: after that of any run."""


Flat = tuple[str, str, str, str, str, str]
"""One binding of one member: resource, role, member, and the condition's title, description and expression."""


class Seat(NamedTuple):
    """One membership that stands. `number` is Google's own: one that was taken and given again has another."""

    group: str
    person: str
    until: float | None
    roles: tuple[str, ...]
    number: int

    @property
    def resource(self) -> str:
        return f"groups/{self.group}"

    @property
    def flat(self) -> Flat:
        """As a binding that says the same."""
        end = "" if self.until is None else rfc3339(datetime.fromtimestamp(self.until, UTC))
        expression = f'request.time < timestamp("{end}")' if end else "true"
        return self.resource, "MEMBER", f"user:{self.person}", "", "", expression


Making = Callable[[Seat], Collection[str]]
"""The requests for a membership that are being made: others who take it out now take out what nobody read back."""


class Teams:
    """`kept` are the memberships that others gave and still want. `early`: see `Outside.strip`."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups
        self.lock = threading.Lock()
        self.kept: set[Seat] = set()
        self.early: set[str] = set()
        self.counts: Counter[str] = Counter()
        self._made = 0

    def seats(self, projects: Collection[str] = PROJECTS) -> set[Seat]:
        """Every membership that stands now."""
        return {
            Seat(group, each.member, each.until, each.roles, each.number)
            for group in map(team, projects)
            for each in self._members(group)
        }

    def names(self) -> dict[str, str]:
        """The addresses of the groups that there are, by Google's own names of them."""
        found = {}
        for group in map(team, PROJECTS):
            with suppress(GoogleError):
                found[self._groups.name(group)] = group
        return found

    def _members(self, group: str) -> list[Membership]:
        """Nobody is in a group that is not there, as where a test has a world of its own."""
        try:
            return [each for each, _ in self._groups.members(self._groups.name(group))]
        except GoogleError:
            return []

    def ours(self, projects: Collection[str] = PROJECTS) -> set[Seat]:
        """Those that nobody else gave."""
        with self.lock:
            return self.seats(projects) - self.kept

    def add(self, act: Act, *, making: Making) -> None:
        """Somebody lets a person in for good, for a time of their own, or as an owner, whatever they were."""
        with self.lock:
            self._made += 1
            group, person = team(act.project), address(REQUESTERS[act.which % len(REQUESTERS)])
            for each in self.seats([act.project]) - self.kept:
                self.early |= set(making(each)) if each.person == person else set()
            until, roles = ((None, ()), (EVER + self._made, ()), (None, ("OWNER",)))[self._made % 3]
            self._groups.put(group, person, until=until, roles=roles)
            self.kept = {each for each in self.kept if (each.group, each.person) != (group, person)}
            self.kept |= {each for each in self.seats([act.project]) if each.person == person}
        self.counts["memberships of others given"] += 1

    def remove(self, act: Act) -> None:
        """Somebody takes out one of those whom others let in."""
        with self.lock:
            mine = sorted((each for each in self.kept if each.group == team(act.project)), key=_by_number)
            if not mine:
                return
            gone = mine[act.which % len(mine)]
            self._groups.take(gone.group, gone.person)
            self.kept.discard(gone)
        self.counts["memberships of others taken"] += 1

    def strip(self, act: Act, *, making: Making) -> None:
        """Somebody takes out by hand whom the service let in."""
        with self.lock:
            ours = sorted(self.seats([act.project]) - self.kept, key=_by_number)
            if not ours:
                return
            gone = ours[act.which % len(ours)]
            self._groups.take(gone.group, gone.person)
            self.early |= set(making(gone))
        self.counts["memberships of ours taken out"] += 1


def _by_number(seat: Seat) -> int:
    return seat.number
