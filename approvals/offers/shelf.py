"""All that IAM offers at one moment, to be searched: who may ask for what, by text, id, role and project.

Things that the same people may ask for stand together, so that it is found out once for all of them whether
somebody may.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from heapq import merge
from itertools import accumulate
from typing import NamedTuple, final

import msgspec

from approvals.offers.iam_offers import Offered
from approvals.people.memberships import Answer
from approvals.policy.model import OF_IAM, Entitlement, approvers, deciding_stages
from approvals.targets import all_roles, resources

MOST = 100_000
"""Things that IAM offers which are searched."""

_PLACE = "projects/"
_SAMPLE = 50_000
"""So many characters tell how often a word occurs."""

_TYPING = 200
"""People of whom it is remembered what they may ask for, while they type."""

Asks = Callable[[tuple[str, ...]], Answer]
"""Whether one person is among these selectors."""


class _Row(NamedTuple):
    """One thing in the order of all, and what is searched of it, in lower case."""

    number: int
    text: str
    entitlement: Entitlement


class _Party(msgspec.Struct, frozen=True):
    """Who may ask for something, and who of them may have the same without peers, which then hides it."""

    askers: tuple[str, ...]
    alone: tuple[str, ...]


class _Block:
    """The rows of one party, and all their texts as one, which is searched faster than each by itself."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        self.rows = rows
        self._text = "\n".join(row.text for row in rows)
        self._starts = list(accumulate((len(row.text) + 1 for row in rows), initial=0))

    def rarest_first(self, words: Sequence[str]) -> Sequence[str]:
        """The words, the one first that occurs least often here."""
        return sorted(words, key=lambda word: (self._text.count(word, 0, _SAMPLE), -len(word)))

    def matching(self, words: Sequence[str], ids: Sequence[str]) -> Iterator[_Row]:
        """The rows in which every word occurs, in their order. The first word had better be rare."""
        found = self._worded(words) if words else self.rows
        return (row for row in found if all(_named(row, each) for each in ids)) if ids else iter(found)

    def _worded(self, words: Sequence[str]) -> Iterator[_Row]:
        rarest, *others = words
        at = self._text.find(rarest)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            row = self.rows[number]
            if all(word in row.text for word in others):
                yield row
            at = self._text.find(rarest, self._starts[number + 1])


@final
class Shelf:
    """An index of what IAM offers. What it says never changes; `made` is the moment that it is true for."""

    def __init__(self, offered: Sequence[Offered], titles: Mapping[str, str], *, made: datetime) -> None:
        """`titles` are the names of projects for people."""
        self.made = made
        self.cut = len(offered) > MOST
        kept = offered[:MOST]
        alone = {each.entitlement.id: each.entitlement.requesters for each in kept}
        rows: defaultdict[_Party, list[_Row]] = defaultdict(list)
        self._roles: defaultdict[str, list[tuple[_Party, Entitlement]]] = defaultdict(list)
        for number, each in enumerate(kept):
            found = each.entitlement
            party = _Party(found.requesters, alone.get(each.twin, ()))
            place = resources(found.targets)[0]
            rows[party].append(_Row(number, _text(found, place, titles.get(place, "")), found))
            for role in all_roles(found.targets):
                self._roles[_bare_role(role)].append((party, found))
        self._blocks = tuple((party, _Block(those)) for party, those in rows.items())
        self.selectors = tuple(dict.fromkeys(who for party in rows for who in party.askers))
        """Everybody who may ask for something."""
        self._typing: dict[str, tuple[object, Sequence[_Block]]] = {}

    @cached_property
    def deciders(self) -> Mapping[tuple[str, ...], Sequence[str]]:
        """The ids of what is here by those who decide on it, what nobody has to decide left out."""
        found: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for _, block in self._blocks:
            for row in block.rows:
                if those := approvers(deciding_stages(row.entitlement)):
                    found[those].append(row.entitlement.id)
        return found

    def search(self, query: str, asks: Asks) -> Iterator[Entitlement]:
        """What somebody may certainly ask for and every typed word is in, in the order of projects and roles."""
        return self._found(query, self._mine(asks))

    def typed(self, query: str, person: str, asks: Asks, *, by: object) -> Iterator[Entitlement]:
        """The same for somebody who types, and asks the same with every key.

        `by` is all that the answers to this person hang on. While it is equal nobody is asked again.
        """
        held = self._typing.get(person)
        if held is None or held[0] != by:
            if len(self._typing) >= _TYPING:
                self._typing.clear()
            held = self._typing[person] = by, self._mine(asks)
        return self._found(query, held[1])

    def _mine(self, asks: Asks) -> Sequence[_Block]:
        return [block for party, block in self._blocks if _may(party, asks)]

    def _found(self, query: str, mine: Sequence[_Block]) -> Iterator[Entitlement]:
        typed = [word.removeprefix(_PLACE) for word in query.lower().split() if not _PLACE.startswith(word)]
        ids = [word for word in typed if word.startswith(OF_IAM)]
        words: Sequence[str] = [word for word in typed if word not in ids]
        if len(words) > 1 and mine:
            words = max(mine, key=lambda block: len(block.rows)).rarest_first(words)
        return (row.entitlement for row in merge(*(block.matching(words, ids) for block in mine)))

    def giving(self, role: str, asks: Asks) -> Sequence[Entitlement]:
        """What somebody may certainly ask for that gives a role, with or without `roles/`."""
        return [each for party, each in self._roles.get(_bare_role(role), ()) if _may(party, asks)]


def _text(found: Entitlement, place: str, title: str) -> str:
    """What is looked into: as little as says it all, for there are many of them."""
    where = place.removeprefix(_PLACE)
    said = (found.title, *((where,) if where not in found.title else ()), *all_roles(found.targets), title)
    return " ".join(said).lower()


def _named(row: _Row, word: str) -> bool:
    """An id is looked into by itself; a role may begin as ids do."""
    return word in row.entitlement.id or word in row.text


def matching(entitlements: Iterable[Entitlement], query: str) -> Iterator[Entitlement]:
    """Keep the entitlements in whose title, id, roles or resource every typed word occurs."""
    words = query.lower().split()
    for each in entitlements:
        text = " ".join((each.title, each.id, *all_roles(each.targets), *resources(each.targets))).lower()
        if all(word in text for word in words):
            yield each


def _may(party: _Party, asks: Asks) -> bool:
    return asks(party.askers) == "yes" and not (party.alone and asks(party.alone) == "yes")


def _bare_role(role: str) -> str:
    return role.lower().removeprefix("roles/")
