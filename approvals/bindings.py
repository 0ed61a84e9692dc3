"""Which bindings one person's grants on one resource call for, and what a policy that was read lacks of them.

A binding's key is (role, condition); what should be there is the union of that key's live windows. Title and
expression are written as JIT Access 1.x writes them, so that both tools recognise each other's activations.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from approvals.grants import LIVE, Window, union
from approvals.ports.targets import Binding, Snapshot
from approvals.requests import Request
from approvals.times import rfc3339

TITLE = "JIT access activation"

_DESCRIPTION_BYTES = 256
_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_DURING = (
    rf'\(request\.time >= timestamp\("(?P<start>{_MOMENT})"\)'
    rf' && request\.time < timestamp\("(?P<end>{_MOMENT})"\)\)'
)
_WRITTEN = re.compile(rf"\(?{_DURING}(\) && \((?P<condition>.*)\))?", re.DOTALL)


class Mark(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What makes a binding ours: a role and the exact expression. Resource and member are the ledger's own."""

    role: str
    expression: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A binding that should be there, until when, and the requests whose grants it carries."""

    binding: Binding
    end: datetime
    requests: tuple[str, ...]

    @property
    def mark(self) -> Mark:
        return Mark(role=self.binding.role, expression=self.binding.expression)


def expression(window: Window, condition: str) -> str:
    """The CEL text of a window, joined with the resource condition where there is one."""
    during = (
        f'(request.time >= timestamp("{rfc3339(window.start)}") '
        f'&& request.time < timestamp("{rfc3339(window.end)}"))'
    )
    return f"({during}) && ({condition})" if condition else during


def window_of(text: str) -> tuple[Window, str] | None:
    """Read back what `expression` wrote: the window and the resource condition; None where it did not."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    start, end = (datetime.fromisoformat(each) for each in (found["start"], found["end"]))
    window, condition = Window(start=start, end=end), found["condition"] or ""
    return (window, condition) if text == expression(window, condition) else None


def member(person: str) -> str:
    return f"user:{person}"


def gives_access(request: Request, *, now: datetime) -> bool:
    """The request's grant should be in force now."""
    return request.grant is not None and request.grant.state in LIVE and now < request.grant.window.end


def wanted(holdings: Iterable[Request], *, instance: str, now: datetime) -> dict[Mark, Wanted]:
    """The bindings that the live grants among these requests (one person, one resource) call for now."""
    by_key: dict[tuple[str, str], list[Request]] = {}
    for request in holdings:
        if gives_access(request, now=now):
            for role in request.terms.roles:
                by_key.setdefault((role, request.terms.condition), []).append(request)
    found = (
        _wanted(role, condition, window, requests, instance)
        for (role, condition), requests in by_key.items()
        for window in union(request.grant.window for request in requests if request.grant)
    )
    return {each.mark: each for each in found}


def _wanted(role: str, condition: str, window: Window, requests: Sequence[Request], instance: str) -> Wanted:
    inside = [r for r in requests if r.grant and window.start <= r.grant.window.start < window.end]
    newest = max(inside, key=lambda request: (request.updated, request.id))
    binding = Binding(
        role=role,
        member=member(newest.requester),
        title=TITLE,
        description=description(newest, instance=instance),
        expression=expression(window, condition),
    )
    return Wanted(binding=binding, end=window.end, requests=tuple(request.id for request in inside))


def description(request: Request, *, instance: str) -> str:
    """Who approved and which grant it is, in at most 256 bytes. Nothing that a person typed enters."""
    mark = f"; countersign:{instance}/{request.id}"
    people = request.decision.by if request.decision else ()
    if not people:
        return f"Self-approved{mark}"
    for shown in range(len(people), 0, -1):
        rest = len(people) - shown
        text = f"Approved by {', '.join(people[:shown])}{f' and {rest} more' if rest else ''}{mark}"
        if len(text.encode()) <= _DESCRIPTION_BYTES:
            return text
    return f"Approved by {len(people)} people{mark}"


def own_marks(holdings: Iterable[Request]) -> dict[Mark, datetime]:
    """The marks that each stored grant would have by itself, with the end of its window."""
    return {
        Mark(
            role=role, expression=expression(request.grant.window, request.terms.condition)
        ): request.grant.window.end
        for request in holdings
        if request.grant is not None
        for role in request.terms.roles
    }


def _is(spelled: str, person: str) -> bool:
    """Google may give capitals back. Letters outside ASCII are others, also those whose lower case is a `k`."""
    return spelled.isascii() and spelled.lower() == member(person)


def ours(snapshot: Snapshot, *, person: str, known: Mapping[Mark, datetime]) -> dict[Mark, tuple[Binding, ...]]:
    """The bindings in a policy that are ours: same member, and a role and exact expression that we know."""
    found: dict[Mark, tuple[Binding, ...]] = {}
    for binding in snapshot.bindings:
        mark = Mark(role=binding.role, expression=binding.expression)
        if _is(binding.member, person) and mark in known:
            found[mark] = (*found.get(mark, ()), binding)
    return found
