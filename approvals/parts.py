"""What is frozen by itself, beside everything: an entitlement, or a person. All of it stands under one guard."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from approvals.guards import Guard, Guarded
from approvals.people.principals import IdentityRules
from approvals.reviews import Typed
from countersign_client import shapes

PARTS = "frozen"
"""The guard's name."""

Kind = Literal["entitlement", "person"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One freeze: of what, by whom, since when and why. `addresses` are all of a person's at that time."""

    kind: Kind
    name: str
    addresses: tuple[str, ...] = ()
    by: str = ""
    at: datetime | None = None
    reason: Typed | None = None

    @property
    def why(self) -> str:
        """The reason as it was typed."""
        return self.reason.text if self.reason is not None else ""

    @property
    def stamp(self) -> str:
        """What tells this freeze from another one."""
        return f"{self.kind} {self.name} {self.at}"

    def holds(self, entitlement: str, people: Iterable[str]) -> bool:
        """It holds up what one of these people asks for or decides, or what is asked of this entitlement."""
        return (
            self.name == entitlement if self.kind == "entitlement" else not set(self.addresses).isdisjoint(people)
        )


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """What is frozen by itself cannot be read, so that whatever is looked at is held up until it can."""

    stamp: str
    why: str = ""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is frozen by itself. `damaged`: it cannot be read, so that everything may be among it."""

    number: int = 0
    parts: tuple[Part, ...] = ()
    damaged: bool = False

    @property
    def guard(self) -> Guard:
        return Guard(name=PARTS, value=self.number)

    def by(self, rules: IdentityRules) -> "Parts":
        """The same, of each person also by every address that leads to them now."""
        if not any(part.kind == "person" for part in self.parts):
            return self
        return msgspec.structs.replace(self, parts=tuple(_by(rules, part) for part in self.parts))

    def named(self, kind: Kind, name: str) -> Part | None:
        """The freeze of this, a person by any address; None where it is not frozen by itself."""
        return next(
            (each for each in self.parts if each.kind == kind and name in (each.name, *each.addresses)), None
        )

    @property
    def unread(self) -> Unread | None:
        """The freeze that all is under while this is damaged."""
        return Unread(stamp=f"unread {self.number}") if self.damaged else None

    def against(self, entitlement: str, people: Iterable[str] = ()) -> Part | None:
        """The first freeze that holds this up; None where none does."""
        if not self.parts:
            return None
        who = tuple(people)
        return next((part for part in self.parts if part.holds(entitlement, who)), None)

    def holds(self, entitlement: str, *people: str) -> bool:
        """Whether a freeze holds this up, as far as that can be read; where it cannot, it does."""
        return self.damaged or self.against(entitlement, people) is not None


def _by(rules: IdentityRules, part: Part) -> Part:
    people = dict.fromkeys(map(rules.primary, part.addresses))
    known = (address for person in people for address in (person, *rules.addresses(person)))
    return msgspec.structs.replace(part, addresses=tuple(dict.fromkeys((*part.addresses, *known))))


NOTHING_FROZEN = Parts()


def parts_of(found: Guarded) -> Parts:
    """What is kept under the guard."""
    try:
        parts = shapes.decode(found.body, tuple[Part, ...]) if found.body else ()
    except (msgspec.MsgspecError, UnicodeError):
        return Parts(number=found.value, damaged=True)
    return Parts(number=found.value, parts=parts)
