"""Drills as the store keeps them: one at a time, under one guard, each move told in the installation's chain."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from approvals.again import again
from approvals.drills import DRILL, Answered, Drill, subject
from approvals.guards import Guard, Guarded
from approvals.ports.store import Guards
from approvals.refusals.errors import Refused
from approvals.times import rfc3339
from countersign_client import shapes

BEGUN, ANSWERED = "drill.begun", "drill.answered"
"""What the installation's chain calls the two moves."""

_ATTEMPTS = 20  # everybody answers at once


def read(store: Guards) -> Drill | None:
    """The last drill; None where there was none, or where it cannot be read."""
    return _drill(store.guarded(DRILL))


def begin(store: Guards, *, people: Sequence[str], within: timedelta, by: str, now: datetime) -> Drill:
    """Begin a drill. Raises `Refused` with code `drill.open` while another one lasts, or `Conflict`."""
    found = store.guarded(DRILL)
    before = _drill(found)
    if before is not None and before.lasts(now):
        raise Refused("drill.open")
    made = Drill(
        id="d-" + secrets.token_hex(5), by=by, people=tuple(sorted(set(people))), begun=now, until=now + within
    )
    said = {"drill": made.id, "people": list(made.people), "until": rfc3339(made.until)}
    _keep(store, found.value, made, action=BEGUN, actor=by, said=said, now=now)
    return made


def answer(store: Guards, drill_id: str, *, person: str, account: str, now: datetime) -> Drill:
    """Keep that somebody is there. Who has said it already changes nothing.

    Raises `Refused` of kind `drill` where the drill is over or did not call them, or `Conflict`.
    """
    return again(
        lambda: _answer(store, drill_id, Answered(person=person, at=now, account=account)),
        changing="the drill",
        attempts=_ATTEMPTS,
    )


def _answer(store: Guards, drill_id: str, given: Answered) -> Drill:
    found = store.guarded(DRILL)
    drill = _drill(found)
    if drill is None or drill.id != drill_id or given.at >= drill.until:
        raise Refused("drill.over")
    if given.person not in drill.people:
        raise Refused("drill.others")
    if drill.answer(given.person) is not None:
        return drill
    after = msgspec.structs.replace(drill, answers=(*drill.answers, given))
    said = {"drill": drill.id, "account": given.account}
    _keep(store, found.value, after, action=ANSWERED, actor=given.person, said=said, now=given.at)
    return after


def _keep(
    store: Guards, value: int, drill: Drill, *, action: str, actor: str, said: Mapping[str, object], now: datetime
) -> None:
    body = msgspec.json.encode(drill)
    guard = Guard(name=DRILL, value=value)
    # With it what calls people: whoever begins a drill may die in the next moment.
    store.advance(guard, body=body, at=now, actor=actor, action=action, detail=said, wake=(subject(drill),))


def _drill(found: Guarded) -> Drill | None:
    try:
        return shapes.decode(found.body, Drill) if found.body else None
    except msgspec.MsgspecError:
        # What is damaged asks nobody, and the next one takes its place.
        return None
