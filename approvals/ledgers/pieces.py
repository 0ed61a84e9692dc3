"""What one resource's policy lacks or has too much, in pieces that stand or fall together."""

from collections.abc import Collection, Container, Iterable, Mapping

import msgspec

from approvals.access.bindings import Key, Mark, Wanted, keys
from approvals.access.claims import Claim
from approvals.freezes.narrowing import narrows


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
    def tried(self) -> frozenset[Mark]:
        """What it is put off by where it is refused: what takes away alone waits for nothing that is put in."""
        return frozenset(each.mark for each in self.add) or frozenset(self.remove)

    @property
    def gives(self) -> bool:
        """It gives somebody more than there was. A shorter window in the place of a longer one takes away."""
        return not narrows(add=(each.mark for each in self.add), remove=self.remove)

    @property
    def requests(self) -> frozenset[str]:
        """The requests whose grants it would make."""
        return frozenset(request for each in self.add for request in each.requests)


def pieces(held: Iterable[Claim], want: Mapping[Mark, Wanted], present: Collection[Mark]) -> tuple[Piece, ...]:
    """Compare, key by key. Roles that are being made for a request stay together, with all that shares their keys.

    What is taken away, or only gets another window, stands by itself: a role of which Google takes no change keeps
    no other.
    """
    add = [mark for mark in want if mark not in present]
    remove = [mark for mark in present if mark not in want]
    together = _together(held)
    found: dict[Key, Piece] = {}
    for mark in (*add, *remove):
        group = together.get(mark.key) or frozenset((mark.key,))
        name = min(group)
        piece = found.get(name) or Piece(name=name, keys=group)
        if mark in want:
            found[name] = msgspec.structs.replace(piece, add=(*piece.add, want[mark]))
        else:
            found[name] = msgspec.structs.replace(piece, remove=(*piece.remove, mark))
    return tuple(found.values())


def untouched(some: Iterable[Piece], keys: Container[Key]) -> tuple[Piece, ...]:
    """The pieces that have nothing to do with these keys."""
    return tuple(piece for piece in some if not any(key in keys for key in piece.keys))


def _together(held: Iterable[Claim]) -> dict[Key, frozenset[Key]]:
    """The keys that belong together, by each of them: what is made for one request, and all that meets it."""
    found: dict[Key, set[Key]] = {}
    first: dict[str, Key] = {}
    for claim in held:
        for key in keys(claim) if claim.state == "activating" else ():
            root = first.setdefault(claim.request, key)
            one, other = found.setdefault(root, {root}), found.setdefault(key, {key})
            if one is not other:
                one |= other
                found |= dict.fromkeys(other, one)
    return {key: frozenset(group) for key, group in found.items()}
