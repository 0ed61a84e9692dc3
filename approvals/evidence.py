"""What is known, at the moment of a click, about accounts and memberships: looked up side by side, in time."""

import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, wait
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from approvals.parts import NOTHING_FROZEN, Parts
from approvals.people.accounts import Account
from approvals.people.memberships import Memberships
from approvals.people.principals import EVIDENCE_AGE
from approvals.people.standins import NOBODY_AWAY, StandIns
from approvals.ports.people import Accounts, Directory, Standing
from approvals.refusals.errors import CountersignError, NotFound, Unavailable
from approvals.refusals.reasons import Reason

DEADLINE = 1.5
"""Seconds that all look-ups of one click may take together.

Slack gives three for the whole answer, of which who pressed may take one.
"""

_ROOM = 10_000
_OWN = 3
"""Parts of the key of an own membership."""
Dated = tuple[datetime, Any]
Key = tuple[str, str] | tuple[str, str, str] | str
"""What is known: whether a group holds a person, what an account is, by its reference, or an own membership."""

_log = logging.getLogger(__name__)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Answers that came in time. An account that does not exist is None; one not heard of is left out.

    `standins` are the absences that last. Votes of whom `parts` hold up count for nothing meanwhile.
    `unable` says why access that is asked for could not be made in Google Cloud, as far as that is known.
    `own` are the memberships of people themselves, by group and person, and `barred` why Google let this service
    change none of a group just now: see `Standing`.
    """

    memberships: Memberships
    accounts: dict[str, Account | None]
    standins: StandIns = NOBODY_AWAY
    parts: Parts = NOTHING_FROZEN
    own: Mapping[tuple[str, str], str | None] = {}
    barred: Mapping[str, Reason] = {}
    unable: tuple[Reason, ...] = ()


def say_failed(_: str, text: str) -> None:
    """Say of each look-up that failed that it did, of whatever kind it is."""
    _log.warning("%s", text)


class Witness:
    """Gathers evidence in parallel under one deadline, and remembers each answer for `EVIDENCE_AGE`."""

    def __init__(
        self,
        *,
        directory: Directory,
        accounts: Accounts,
        executor: Executor,
        standing: Standing | None = None,
        time_left: Callable[[float], float] = lambda most: most,
        warn: Callable[[str, str], None] = say_failed,
    ) -> None:
        """`time_left` says how many seconds, at most so many, whoever asks in this thread can still wait.

        `warn` is told which look-ups fail, a kind and a text: whoever asks, asks again, so it may say it seldom.
        """
        self._directory = directory
        self._accounts = accounts
        self._executor = executor
        self._standing = standing
        self._time_left = time_left
        self._warn = warn
        self._known: dict[Key, Dated] = {}

    def gather(
        self,
        *,
        memberships: Iterable[tuple[str, str]],
        accounts: Iterable[str],
        now: datetime,
        standins: StandIns = NOBODY_AWAY,
        parts: Parts = NOTHING_FROZEN,
        own: Iterable[tuple[str, str]] = (),
    ) -> Evidence:
        """Look everything up that is not known freshly. What cannot be had in time is left out of the answer."""
        pairs, refs = dict.fromkeys(memberships), dict.fromkeys(accounts)
        owned = {pair: ("own", *pair) for pair in own} if self._standing is not None else {}
        known = self._remembered((*pairs, *refs, *owned.values()), now)
        if len(known) < len(pairs) + len(refs) + len(owned):
            calls: dict[Key, Callable[[], Any]] = {
                **{pair: partial(self._member, *pair) for pair in pairs if pair not in known},
                **{ref: partial(self._account, ref) for ref in refs if ref not in known},
                **{key: partial(self._own, *pair) for pair, key in owned.items() if key not in known},
                **{("edition", group): partial(self._examine, group, who) for group, who in owned},
            }
            known |= _fresh(self._look_up(calls, now), now)
        answers = {pair: known[pair] for pair in pairs if pair in known}
        found = {ref: known[ref] for ref in refs if ref in known}
        known_groups = Memberships(answers=answers)
        return Evidence(
            memberships=known_groups,
            accounts=found,
            standins=standins,
            parts=parts,
            own={pair: known[key] for pair, key in owned.items() if key in known},
            barred=self._barred(group for group, _ in owned),
        )

    def _barred(self, groups: Iterable[str]) -> Mapping[str, Reason]:
        if self._standing is None:
            return {}
        found = ((group, self._standing.barred(group)) for group in groups)
        return {group: why for group, why in found if why is not None}

    def _remembered(self, keys: Iterable[Key], now: datetime) -> dict[Key, Any]:
        """What is known freshly. Each is read once: another click may have everything forgotten meanwhile."""
        seen = ((key, self._known.get(key)) for key in keys)
        return _fresh({key: answer for key, answer in seen if answer is not None}, now)

    def _look_up(self, calls: Mapping[Key, Callable[[], Any]], now: datetime) -> Mapping[Key, Dated]:
        """The answers that came in time, each with the moment that it is true for."""
        running = {self._executor.submit(call): key for key, call in calls.items()}
        done, late = wait(running, timeout=self._time_left(DEADLINE))
        for future in late:
            # What has not begun would only keep the next click's look-ups waiting.
            future.cancel()
        heard = {running[future]: _answer(future, now) for future in done if self._came(future, running[future])}
        if len(self._known) > _ROOM:
            self._known.clear()
        self._known.update({key: answer for key, answer in heard.items() if not _passing(key, answer)})
        return heard

    def _came(self, future: Future[Any], key: Key) -> bool:
        error = future.exception()
        if isinstance(error, CountersignError) and not isinstance(error, Unavailable):
            # What this product raises on purpose says by itself what to mend. Of groups there are few.
            about = key[-2] if isinstance(key, tuple) else "an account"
            self._warn(f"look-up: {type(error).__name__}: {about}", f"a look-up failed: {error}")
        elif error is not None and not isinstance(error, CountersignError):
            _log.error("a look-up failed: %s: %s", type(error).__name__, error, exc_info=error)
        return error is None

    def _member(self, group: str, person: str) -> bool | None:
        try:
            return self._directory.is_member(group, person, timeout=DEADLINE)
        except NotFound as error:
            _log.warning("%s", error)
            return None

    def _own(self, group: str, person: str) -> str | None:
        if self._standing is None:
            raise Unavailable("memberships cannot be looked at")
        return self._standing.standing(group, person, timeout=DEADLINE)

    def _examine(self, group: str, person: str) -> None:
        if self._standing is not None:
            self._standing.examine(group, person, timeout=DEADLINE)

    def _account(self, ref: str) -> Account | None:
        try:
            return self._accounts.account(ref, timeout=DEADLINE)
        except NotFound:
            return None


def _fresh(answers: Mapping[Key, Dated], now: datetime) -> dict[Key, Any]:
    return {key: found for key, (at, found) in answers.items() if abs(now - at) <= EVIDENCE_AGE}


def _passing(key: Key, answer: Dated) -> bool:
    """A membership that is there: as soon as it is ended, what was known of it would be taken for a stranger's."""
    return isinstance(key, tuple) and len(key) == _OWN and answer[1] is not None


def _answer(future: Future[Any], now: datetime) -> Dated:
    found = future.result()
    # An account may come out of the channel's own cache: it is as old as it says.
    return (now if found is None or isinstance(found, bool | str) else found.read_at, found)
