"""What one resource's policy lacks or has too much, in pieces that stand or fall together."""

from collections.abc import Collection, Container, Iterable, Mapping

import msgspec

from approvals.bindings import Key, Mark, Wanted, keys
from approvals.claims import Claim


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be put in and taken out for some keys at once. `name` is the least of them."""

    name: Key
    keys: frozenset[Key]
    add: tuple[Wanted, ...] = ()
    remove: tuple[Mark, ...] = ()

    @property
    def marks(self) -> frozenset[Mark]:
        return frozenset((*(each.mark for each in self.add), *self.remove))

    @property
    def requests(self) -> frozenset[str]:
        """The requests whose grants it would make."""
        return frozenset(request for each in self.add for request in each.requests)


def pieces(
    held: Iterable[Claim], want: Mapping[Mark, Wanted], present: Collection[Mark]
) -> tuple[Piece, ...]:
    """Compare, key by key. A request's roles stay together, and so does all that shares a key with them."""
    groups = _Groups()
    by_request: dict[str, Key] = {}
    for claim in held:
        for key in keys(claim):
            groups.join(by_request.setdefault(claim.request, key), key)
    found: dict[Key, Piece] = {}
    for mark in (*(mark for mark in want if mark not in present), *(mark for mark in present if mark not in want)):
        name = groups.least(mark.key)
        piece = found.get(name) or Piece(name=name, keys=groups.of(name))
        if mark in want:
            found[name] = msgspec.structs.replace(piece, add=(*piece.add, want[mark]))
        else:
            found[name] = msgspec.structs.replace(piece, remove=(*piece.remove, mark))
    return tuple(found.values())


def untouched(some: Iterable[Piece], keys: Container[Key]) -> tuple[Piece, ...]:
    """The pieces that have nothing to do with these keys."""
    return tuple(piece for piece in some if not any(key in keys for key in piece.keys))


class _Groups:
    """Keys that belong together (a disjoint-set forest whose roots are the least of their group)."""

    def __init__(self) -> None:
        self._above: dict[Key, Key] = {}

    def least(self, key: Key) -> Key:
        while (above := self._above.setdefault(key, key)) != key:
            self._above[key] = self._above[above]
            key = above
        return key

    def join(self, one: Key, other: Key) -> None:
        low, high = sorted((self.least(one), self.least(other)))
        self._above[high] = low

    def of(self, least: Key) -> frozenset[Key]:
        self.least(least)
        return frozenset(key for key in list(self._above) if self.least(key) == least)
