"""What stands in one IAM policy beside what is ours and should: standing access, copies, changes, remains, and
eligible bindings that nobody uses.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from approvals.access.bindings import TITLE, Mark, own_marks, plain_member, wanted, window_of
from approvals.access.claims import Claim, claims
from approvals.eligible.marking import MarkError, marked
from approvals.ports.targets import Binding, Snapshot
from approvals.requests import Request
from countersign_client.patterns import Pattern

UNUSED = timedelta(days=90)
"""How long an eligible binding may lie before it is called unused."""

Kind = Literal["standing", "lookalike", "changed", "missing", "over", "unused", "unreadable"]
KINDS: tuple[Kind, ...] = ("changed", "missing", "over", "lookalike", "standing", "unused", "unreadable")
"""`standing`: access to a covered role or group that nobody asked for here. `lookalike`: it looks like ours and is
not. `changed`: ours that somebody changed. `missing`: ours that should be there and is not. `over`: ours whose
grant is over. `unused`: eligible by JIT Access's marker, and not used. `unreadable`: its marker cannot be read."""

_ORIGIN = Pattern(r"; countersign:(?P<instance>[0-9a-z]{1,40})/(?P<request>r-[0-9a-z]{1,20})")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One member's binding or membership, or what is left of one. `request` is whose it is or says to be.

    `said` is more of it. `gives`: by its condition it gives access now, as far as that can be told. `below` counts
    the projects that have the role on offer and it is handed down to, where that is known.
    """

    kind: Kind
    resource: str
    role: str
    member: str
    condition: str = ""
    title: str = ""
    request: str = ""
    said: str = ""
    gives: bool = True
    below: int = 0


_EVER = datetime.min.replace(tzinfo=UTC)
_ANYWHERE = "*"
"""What stands above a place of which nobody knows what is above it."""


class Used:
    """Who got which role where by a request since then. `whole`: nothing of that time is left out."""

    def __init__(
        self,
        *,
        since: datetime,
        whole: bool,
        grants: Iterable[tuple[str, str, str]] = (),
        above: Mapping[str, Sequence[str]] = {},
    ) -> None:
        """`grants` are places, roles and people; `above` says what places lie in, as far as that is known."""
        self.since = since
        self.whole = whole
        reached = {
            (each, role, person)
            for place, role, person in grants
            for each in (place, *above.get(place, (_ANYWHERE,)))
        }
        self._people = reached | {(place, role, "") for place, role, _ in reached}

    def by(self, resource: str, role: str, member: str) -> bool:
        """Somebody whom the member may stand for got the role: a group for anybody, a folder for all below it."""
        kind, _, address = plain_member(member).partition(":")
        person = address if kind == "user" else ""
        places = (resource,) if resource.startswith("projects/") else (resource, _ANYWHERE)
        return any((place, role, person) in self._people for place in places)


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """What the store holds of one resource, read after its policy was. `ledger`: the marks that were written.

    Of the members in `unjudged` a record cannot be read, which may call for anything of theirs.
    """

    instance: str
    held: Collection[Claim]
    ledger: Collection[Mark]
    unjudged: Collection[str] = ()
    request: Callable[[str], Request | None]


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one policy is held against. `roles` are those that are offered there, or on what lies below; `now` is
    not after the reading began."""

    snapshot: Snapshot
    roles: Collection[str]
    records: Records
    used: Used
    now: datetime


def drifted(look: Look) -> Iterator[Found]:
    """Everything that is to be said of one policy."""
    should = wanted(look.records.held, instance=look.records.instance, now=look.now)
    known = frozenset((*look.records.ledger, *own_marks(look.records.held)))
    for binding in look.snapshot.bindings:
        found = _of(binding, look, should, known)
        if found is not None:
            yield found
    yield from _missing(look, should)


def removable(look: Look) -> tuple[Binding, ...]:
    """What was provably ours and is over: the role, the member and the exact condition of a closed grant's own.

    Nothing that another grant calls for, whatever time the clock of this machine says. Where the work on bindings
    takes the same away, one of the two finds that the policy has changed, and reads it again.
    """
    should = wanted(look.records.held, instance=look.records.instance, now=_EVER)
    return tuple(
        binding
        for binding in look.snapshot.bindings
        if (mark := _mark(binding)) not in should
        and mark.member not in look.records.unjudged
        and any(not claim.live for claim in _own(binding, mark, look))
    )


def _of(binding: Binding, look: Look, should: Collection[Mark], known: Collection[Mark]) -> Found | None:
    mark, origin = _mark(binding), _ORIGIN.search(binding.description)
    if mark in should:
        return _renamed(binding, look) if binding.title != TITLE or origin is None else None
    if mark in known or _is_over(binding, mark, look):
        return _found("over", binding, look)
    if (
        origin is not None
        and origin["instance"] == look.records.instance
        and look.records.request(origin["request"])
    ):
        return _found("changed", binding, look)
    if origin is not None or binding.title == TITLE or window_of(binding.expression) is not None:
        return _found("lookalike", binding, look)
    return _eligible(binding, look)


def _eligible(binding: Binding, look: Look) -> Found | None:
    try:
        eligible = binding.expression and marked(binding.expression)
    except MarkError as error:
        return _found("unreadable", binding, look, said=str(error), gives=False)
    if eligible:
        used = look.used.by(look.snapshot.resource, binding.role, binding.member)
        lies = look.used.whole and not used
        return _found("unused", binding, look, gives=False) if lies else None
    if binding.role not in look.roles or binding.member.startswith("deleted:"):
        return None
    return _found("standing", binding, look)


def _missing(look: Look, should: Collection[Mark]) -> Iterator[Found]:
    """What reads back no more. Grants that changed since then are left to the next one."""
    present = {_mark(binding) for binding in look.snapshot.bindings}
    for claim in look.records.held:
        if claim.state != "active" or claim.updated >= look.now:
            continue
        for mark in own_marks([claim]):
            if mark in should and mark not in present:
                yield Found(
                    kind="missing",
                    resource=look.snapshot.resource,
                    role=mark.role,
                    member=mark.member,
                    condition=mark.expression,
                    request=claim.request,
                    gives=False,
                )


def _is_over(binding: Binding, mark: Mark, look: Look) -> bool:
    """It is that of the grant that its description names, to the letter, and nothing lives of that grant."""
    return any(not claim.gives_access(now=look.now) for claim in _own(binding, mark, look))


def _own(binding: Binding, mark: Mark, look: Look) -> Sequence[Claim]:
    """What the request that its description names says of this very binding."""
    origin = _ORIGIN.search(binding.description)
    if origin is None or origin["instance"] != look.records.instance:
        return ()
    request = look.records.request(origin["request"])
    if request is None:
        return ()
    mine = claims([request], resource=look.snapshot.resource)
    return [claim for claim in mine if mark in own_marks([claim])]


def _renamed(binding: Binding, look: Look) -> Found:
    return _found("changed", binding, look, said="title or description")


def _found(kind: Kind, binding: Binding, look: Look, *, said: str = "", gives: bool | None = None) -> Found:
    window = window_of(binding.expression)
    lives = window is None or window[0].start <= look.now < window[0].end
    return Found(
        kind=kind,
        resource=look.snapshot.resource,
        role=binding.role,
        member=binding.member,
        condition=binding.expression,
        title=binding.title,
        request=named_by(binding),
        said=said,
        gives=lives if gives is None else gives,
    )


def names_one_of(binding: Binding, instance: str) -> bool:
    """Its description says that it is of this installation, which anybody can write."""
    origin = _ORIGIN.search(binding.description)
    return origin is not None and origin["instance"] == instance


def named_by(binding: Binding) -> str:
    """The request that its description names; empty where it names none."""
    origin = _ORIGIN.search(binding.description)
    return origin["request"] if origin else ""


def _mark(binding: Binding) -> Mark:
    return Mark(role=binding.role, member=plain_member(binding.member), expression=binding.expression)
