"""Which bindings the grants on one resource call for, and which of those in a policy that was read are ours.

A binding's key is (role, member, condition); what should be there is the union of that key's live windows. Title
and expression are written as JIT Access 1.x writes them, so that both tools recognise each other's activations.

A membership of a group is worked on as a binding of the role `MEMBER`. It ends by itself and does not say when it
began, so its expression names its end alone; somebody has one in a group, or none.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from approvals.access.claims import Claim
from approvals.grants import Window, union
from approvals.people.principals import is_service_account
from approvals.ports.targets import Binding, Snapshot
from approvals.targets import MEMBER
from approvals.times import rfc3339
from countersign_client.patterns import Pattern

TITLE = "JIT access activation"

_DESCRIPTION_BYTES = 256
_REMEMBERED = 4096  # texts of windows, which one pass asks for again and again
_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_DURING = (
    rf'\(request\.time >= timestamp\("(?P<start>{_MOMENT})"\)'
    rf' && request\.time < timestamp\("(?P<end>{_MOMENT})"\)\)'
)
_EXPIRES = Pattern(rf"expires (?P<end>{_MOMENT})")
_EVER = datetime.min.replace(tzinfo=UTC)
_WRITTEN = Pattern(rf"\(?{_DURING}(\) && \((?P<condition>.*)\))?", re.DOTALL)


class Key(NamedTuple):
    """What windows are joined by: who gets which role under which condition of the resource."""

    role: str
    member: str
    condition: str


class Mark(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What makes a binding on a resource ours: a role, a member and the exact expression."""

    role: str
    member: str
    expression: str

    @property
    def key(self) -> Key:
        """The key whose window the expression says. One that is not ours stands for itself."""
        found = window_of(self.expression)
        return Key(self.role, self.member, found[1] if found else self.expression)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A binding that should be there, until when, and the requests whose grants it carries."""

    binding: Binding
    end: datetime
    requests: tuple[str, ...]

    @property
    def mark(self) -> Mark:
        return Mark(role=self.binding.role, member=self.binding.member, expression=self.binding.expression)


def written(key: Key, window: Window) -> str:
    """What stands outside for a window of a key."""
    return expires(window.end) if key.role == MEMBER else expression(window, key.condition)


def expires(end: datetime) -> str:
    """What stands of a membership that ends by itself."""
    return f"expires {rfc3339(end)}"


@lru_cache(_REMEMBERED)
def expression(window: Window, condition: str) -> str:
    """The CEL text of a window, joined with the resource condition where there is one."""
    during = (
        f'(request.time >= timestamp("{rfc3339(window.start)}") '
        f'&& request.time < timestamp("{rfc3339(window.end)}"))'
    )
    return f"({during}) && ({condition})" if condition else during


@lru_cache(_REMEMBERED)
def window_of(text: str) -> tuple[Window, str] | None:
    """Read back what `written` wrote: the window and the resource condition; None where it did not.

    Of a membership nobody knows since when it lasts.
    """
    if (membership := _EXPIRES.fullmatch(text)) is not None:
        return Window(start=_EVER, end=datetime.fromisoformat(membership["end"])), ""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    start, end = (datetime.fromisoformat(each) for each in (found["start"], found["end"]))
    window, condition = Window(start=start, end=end), found["condition"] or ""
    return (window, condition) if text == expression(window, condition) else None


def member(person: str) -> str:
    return f"{'serviceAccount' if is_service_account(person) else 'user'}:{person}"


def plain_member(found: str) -> str:
    """A member as it is compared: Google keeps the capitals of an address as somebody wrote them."""
    kind, colon, address = found.partition(":")
    return f"{kind}{colon}{plain_address(address)}"


def plain_address(found: str) -> str:
    """An address as it is compared. Letters outside ASCII are others, also where their lower case is a `k`."""
    return found.lower() if found.isascii() else found


def keys(claim: Claim) -> tuple[Key, ...]:
    """The keys that a claim is about, one a role."""
    return tuple(Key(role, member(claim.person), claim.condition) for role in claim.roles)


def wanted(held: Iterable[Claim], *, instance: str, now: datetime) -> dict[Mark, Wanted]:
    """The bindings that the live ones among these claims (one resource) call for now."""
    by_key: dict[Key, list[Claim]] = {}
    for claim in held:
        if claim.gives_access(now=now):
            for key in keys(claim):
                by_key.setdefault(key, []).append(claim)
    found = (
        _wanted(key, window, together, instance)
        for key, together in by_key.items()
        for window in _windows(key, together)
    )
    return {each.mark: each for each in found}


def _windows(key: Key, together: Sequence[Claim]) -> tuple[Window, ...]:
    """Somebody is in a group once: of windows that lie apart, which only clocks can bring about, the first."""
    found = union(claim.window for claim in together)
    return found[:1] if key.role == MEMBER else found


def _wanted(key: Key, window: Window, together: Sequence[Claim], instance: str) -> Wanted:
    inside = [claim for claim in together if window.start <= claim.window.start < window.end]
    newest = max(inside, key=lambda claim: (claim.updated, claim.request))
    binding = Binding(
        role=key.role,
        member=key.member,
        title=TITLE,
        description=description(newest, instance=instance),
        expression=written(key, window),
    )
    return Wanted(binding=binding, end=window.end, requests=tuple(claim.request for claim in inside))


def description(claim: Claim, *, instance: str) -> str:
    """Who approved and which grant it is, in at most 256 bytes. Nothing that a person typed enters."""
    origin = f"; countersign:{instance}/{claim.request}"
    people = claim.approvers
    if not people:
        return f"{'Break-glass' if claim.emergency else 'Self-approved'}{origin}"
    for shown in range(len(people), 0, -1):
        rest = len(people) - shown
        text = f"Approved by {', '.join(people[:shown])}{f' and {rest} more' if rest else ''}{origin}"
        if len(text.encode()) <= _DESCRIPTION_BYTES:
            return text
    return f"Approved by {len(people)} people{origin}"


def own_marks(held: Iterable[Claim]) -> dict[Mark, datetime]:
    """The marks that each claim would have by itself, with the end of its window."""
    return {_mark(key, claim.window): claim.window.end for claim in held for key in keys(claim)}


def _mark(key: Key, window: Window) -> Mark:
    return Mark(role=key.role, member=key.member, expression=written(key, window))


def ours(snapshot: Snapshot, *, known: Collection[Mark]) -> dict[Mark, tuple[Binding, ...]]:
    """The bindings in a policy that are ours: a role, a member and an exact expression that we know.

    Google may give capitals back. Letters outside ASCII are others, also those whose lower case is a `k`.
    """
    found: dict[Mark, tuple[Binding, ...]] = {}
    for binding in snapshot.bindings:
        if binding.expression and binding.member.isascii():
            mark = Mark(role=binding.role, member=plain_member(binding.member), expression=binding.expression)
            if mark in known:
                found[mark] = (*found.get(mark, ()), binding)
    return found
