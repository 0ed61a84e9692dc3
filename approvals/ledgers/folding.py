"""Ledgers of 0.1.0, of one person on one resource each, brought into the one that the resource has now."""

import logging
from datetime import datetime

import msgspec

from approvals.access.bindings import Mark, member
from approvals.ledgers.ledger import Attempt, Known, Ledger
from countersign_client import shapes

_log = logging.getLogger(__name__)


class _Mark(msgspec.Struct, frozen=True):
    role: str
    expression: str


class _Known(msgspec.Struct, frozen=True):
    mark: _Mark
    end: datetime


class _Held(msgspec.Struct, frozen=True):
    mark: _Mark
    requests: tuple[str, ...]


class _Ledger(msgspec.Struct, frozen=True):
    """What 0.1.0 wrote. It knew one deadline and one doubt for all that a person had there."""

    known: tuple[_Known, ...] = ()
    confirmed: tuple[_Held, ...] = ()
    added: tuple[_Mark, ...] = ()
    replaced: tuple[_Held, ...] = ()
    deadline: datetime | None = None
    missed: datetime | None = None


def folded(ledger: Ledger, old: bytes, *, subject: str) -> Ledger:
    """Fold in what 0.1.0 recorded under `binding:RESOURCE|PERSON`.

    A doubt is kept for all that was read back, as 0.1.0 meant it: the next read ends it for what it shows. A
    ledger that cannot be read is left out: the bindings are known by their grants all the same.
    """
    try:
        found = shapes.decode(old, _Ledger) if old else _Ledger()
    except (msgspec.MsgspecError, UnicodeError) as error:
        _log.error("%s: its ledger cannot be read and is left out: %s", subject, error)
        return ledger
    who = member(subject.partition("|")[2])
    carried = {each.mark: each.requests for each in (*found.replaced, *found.confirmed)}
    known = tuple(
        Known(
            mark=_mark(each.mark, who),
            end=each.end,
            requests=carried.get(each.mark, ()),
            missed=found.missed if each.mark in carried else None,
        )
        for each in found.known
    )
    attempt = Attempt(
        added=tuple(_mark(each, who) for each in found.added),
        replaced=tuple(_mark(each.mark, who) for each in found.replaced),
        deadline=found.deadline,
    )
    attempts = (attempt,) if attempt.added or attempt.replaced else ()
    return msgspec.structs.replace(ledger, known=(*ledger.known, *known), attempts=(*ledger.attempts, *attempts))


def is_old(subject: str) -> bool:
    """It is a subject of 0.1.0: no resource has a bar in its name."""
    return subject.startswith("binding:") and "|" in subject


def resource_subject(old: str) -> str:
    """The subject of the resource that such a subject is about."""
    return old.partition("|")[0]


def _mark(old: _Mark, who: str) -> Mark:
    return Mark(role=old.role, member=who, expression=old.expression)
