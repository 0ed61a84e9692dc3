"""What one person's binding work on one resource has done outside, as it is recorded beside the requests."""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime

import msgspec

from approvals.bindings import Mark, Wanted

MOST_ONCE_MORE = 200
"""Bindings that are looked for once more at the end of their window, although a read showed them gone."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A binding that we wrote or were about to write, and the end of its window."""

    mark: Mark
    end: datetime


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A binding that was read back, and the requests whose grants it carried then."""

    mark: Mark
    requests: tuple[str, ...]


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What was done outside. `deadline` is until when a write may still arrive.

    `confirmed` was read back; since `missed` a read lacks some of it. Attempts that no read has judged yet put in
    `added` and take out `replaced`.
    """

    v: int = 1
    known: tuple[Known, ...] = ()
    confirmed: tuple[Held, ...] = ()
    added: tuple[Mark, ...] = ()
    replaced: tuple[Held, ...] = ()
    deadline: datetime | None = None
    missed: datetime | None = None
    tries: int = 0

    def attempting(self, add: Sequence[Wanted], remove: Container[Mark], *, deadline: datetime) -> "Ledger":
        """Record the intent of a write before it is sent."""
        new = tuple(Known(mark=each.mark, end=each.end) for each in add)
        return msgspec.structs.replace(
            self,
            known=tuple(dict.fromkeys((*self.known, *new))),
            confirmed=tuple(held for held in self.confirmed if held.mark not in remove),
            added=tuple(dict.fromkeys((*self.added, *(each.mark for each in add)))),
            replaced=(*self.replaced, *(held for held in self.confirmed if held.mark in remove)),
            deadline=deadline,
        )

    def gone(self, present: Container[Mark]) -> tuple[Held, ...]:
        """The bindings that a policy lacks because somebody else took them out.

        A write puts in and takes out at once: what an attempt was to replace, and that is missing while nothing
        of what the attempts put in is there, was not taken out by them.
        """
        missing = tuple(held for held in self.confirmed if held.mark not in present)
        if not self.added or any(mark in present for mark in self.added):
            return missing
        return missing + tuple(held for held in self.replaced if held.mark not in present)

    def without(self, gone: Sequence[Held]) -> "Ledger":
        """Forget bindings whose grants are revoked."""
        return msgspec.structs.replace(
            self,
            confirmed=tuple(held for held in self.confirmed if held not in gone),
            replaced=tuple(held for held in self.replaced if held not in gone),
            missed=None,
        )

    def settled(
        self, want: Mapping[Mark, Wanted], present: Container[Mark], *, read_at: datetime, landed: bool
    ) -> "Ledger":
        """Record a read that showed all that is wanted. `landed`: no attempt can arrive after it.

        Until then a late attempt of ours may still take out what it replaces, so that is not held against
        anybody.
        """
        unsure = frozenset[Mark]() if landed else frozenset(held.mark for held in self.replaced)
        known = dict.fromkeys((*self.known, *(Known(mark=each.mark, end=each.end) for each in want.values())))
        here = [k for k in known if k.mark in present or not landed]
        once_more = [k for k in known if k not in here and read_at < k.end]
        kept = {*here, *once_more[-MOST_ONCE_MORE:]}
        return msgspec.structs.replace(
            self,
            known=tuple(k for k in known if k in kept),
            confirmed=tuple(
                Held(mark=mark, requests=each.requests) for mark, each in want.items() if mark not in unsure
            ),
            added=() if landed else self.added,
            replaced=() if landed else self.replaced,
            deadline=None if landed else self.deadline,
            missed=None,
            tries=0,
        )
