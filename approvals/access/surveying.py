"""What Google says of the resources that access is asked for on, found out before anybody approves it.

It refuses what certainly cannot be made, and nothing else. What is not known in time stands in nobody's way:
Google refuses it at the write.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from datetime import datetime, timedelta
from typing import Any

import msgspec

from approvals.access.bindings import TITLE, member
from approvals.access.capacity import outside, shortage, ungrantable
from approvals.people.principals import EVIDENCE_AGE
from approvals.ports.targets import Binding, Places
from approvals.refusals.errors import CountersignError
from approvals.refusals.reasons import Reason
from approvals.targets import IamRoles, Target, resources, roles_of_iam

DEADLINE = 1.0
"""Seconds that all look-ups of one ask may take together: others come before them."""

CALL = 10.0
"""Seconds for one look-up. Nobody waits so long: what is found after `DEADLINE` serves the next ask."""

AGES = {"policy": EVIDENCE_AGE, "grantable": timedelta(hours=1), "members": timedelta(minutes=10)}
"""How old an answer may be, by what was asked."""

RETRY = timedelta(seconds=10)
"""After how long somebody is asked again who did not answer."""

_ROOM = 1_000
_Key = tuple[str, str]
"""What is asked about a resource, and its name."""

_log = logging.getLogger(__name__)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Whom targets are asked for. `later`: from another time on, so how full a policy is now says nothing."""

    targets: Sequence[Target]
    person: str
    later: bool = False


class _Heard(msgspec.Struct, frozen=True):
    """An answer, or None where Google gave none: then it is not asked again at once."""

    at: datetime
    until: timedelta
    answer: Any


class Surveyor:
    """Asks Google through `places`, one thing once at a time, and remembers each answer for its age."""

    def __init__(
        self,
        places: Places | None,
        *,
        executor: Executor,
        time_left: Callable[[float], float] = lambda most: most,
    ) -> None:
        """Without `places` nothing is asked. `time_left` says how many seconds, at most so many, can be waited."""
        self._places = places
        self._executor = executor
        self._time_left = time_left
        self._lock = threading.RLock()
        self._heard: dict[_Key, _Heard] = {}
        self._running: dict[_Key, Future[None]] = {}

    def against(self, asked: Asked, *, now: datetime) -> tuple[Reason, ...]:
        """Why it cannot be made, as things stand; empty where it can, or where nobody knows."""
        keys = self._keys(asked)
        with self._lock:
            running = [self._begun(key, now) for key in keys if self._fresh(key, now) is None]
        if running:
            wait(running, timeout=max(self._time_left(DEADLINE), 0.0))
        return self.known(asked, now=now)

    def known(self, asked: Asked, *, now: datetime) -> tuple[Reason, ...]:
        """The same of what was heard already. Nobody is asked."""
        with self._lock:
            heard = [(key, self._fresh(key, now)) for key in self._keys(asked)]
        answers = {key: found.answer for key, found in heard if found is not None}
        if not answers:
            return ()
        targets = roles_of_iam(tuple(asked.targets))
        return tuple(found for place in resources(targets) for found in _against(place, targets, asked, answers))

    def _keys(self, asked: Asked) -> Sequence[_Key]:
        if self._places is None:
            return []
        places = resources(roles_of_iam(tuple(asked.targets)))
        return [(what, place) for place in places for what in AGES if what != "policy" or not asked.later]

    def _fresh(self, key: _Key, now: datetime) -> _Heard | None:
        found = self._heard.get(key)
        return found if found is not None and abs(now - found.at) <= found.until else None

    def _begun(self, key: _Key, now: datetime) -> Future[None]:
        running = self._running.get(key)
        if running is None or running.done():
            running = self._running[key] = self._executor.submit(self._look, key, now)
        return running

    def _look(self, key: _Key, now: datetime) -> None:
        what, place = key
        age, answer = AGES[what], None
        try:
            answer = getattr(self._places, what)(place, timeout=CALL)
        except CountersignError as error:
            age = RETRY
            _log.info("%s of %s is not known: %s", what, place, error)
        except Exception:  # noqa: BLE001 - it is of use, and no reason to refuse anybody anything
            age = RETRY
            _log.exception("%s of %s could not be looked up", what, place)
        with self._lock:
            if len(self._heard) >= _ROOM:
                self._heard.clear()
            self._heard[key] = _Heard(now, age, answer)
            self._running.pop(key, None)


def _against(
    place: str, targets: Sequence[IamRoles], asked: Asked, answers: Mapping[_Key, Any]
) -> Iterator[Reason]:
    here = [target for target in targets if target.resource == place]
    offered, rule, policy = (answers.get((what, place)) for what in ("grantable", "members", "policy"))
    roles = tuple(dict.fromkeys(role for target in here for role in target.roles))
    found = (
        ungrantable(roles, offered=offered, resource=place) if offered is not None else None,
        outside(rule, person=asked.person, resource=place) if rule is not None else None,
        shortage(policy, add=_added(here, asked.person)) if policy is not None else None,
    )
    yield from (each for each in found if each is not None)


def _added(here: Sequence[IamRoles], person: str) -> list[Binding]:
    """The bindings that it would take. Their windows are not known yet, and are those of no other."""
    return [
        Binding(
            role=role, member=member(person), title=TITLE, description="", expression=f"asked: {target.condition}"
        )
        for target in here
        for role in target.roles
    ]
