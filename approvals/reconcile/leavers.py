"""Leavers: whose account is deactivated has nothing left here after some passes, whoever forgets to take it away.

Only what a channel says of an account in so many words counts. That it does not answer, answers late, wants fewer
calls or knows no such account says nothing of a person, and nothing follows from it.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from approvals import absences, transitions
from approvals.again import again
from approvals.chaining import SERVICE
from approvals.errors import CountersignError, Unavailable
from approvals.ports.people import Accounts
from approvals.ports.store import Guards, Lease, Reads, Requests, Work
from approvals.requests import lives, undecided
from approvals.standins import Absence

SUBJECT = "leavers:accounts"
"""What is due while accounts are looked at: one subject, so that one process at a time does so."""

PERIOD = timedelta(seconds=60)
MOST = 30
"""Accounts that are looked at in each period: Slack takes 100 calls a minute of `users.info`, clicks included."""

CALL = timedelta(seconds=3)
_MARGIN = timedelta(seconds=5)
_ATTEMPTS = 5
_log = logging.getLogger(__name__)


class LeaverStore(Requests, Reads, Work, Guards, Protocol):
    """The part of a store that this work needs."""


class Leavers:
    """Looks at the accounts of whoever has something open here or is away, some in each period, in turn."""

    def __init__(self, *, store: LeaverStore, accounts: Accounts, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    def __call__(self, lease: Lease) -> datetime | None:
        """Look at the next ones. Where they stopped stands in the subject's record, whoever goes on."""
        after = lease.body.decode()
        for ref in (refs := self._next(after)):
            if self._clock() + CALL + _MARGIN > lease.until:
                break
            # Whoever cannot be looked at now keeps nobody else from being looked at.
            after = ref
            if not self._look(ref):
                break
        else:
            after = refs[-1] if len(refs) == MOST else ""
        self._store.save(lease, after.encode())
        return self._clock() + PERIOD

    def standing(self) -> str:
        """The subject that is never done."""
        return SUBJECT

    def _next(self, after: str) -> Sequence[str]:
        away = {each.account for each in self._away() if each.account > after}
        return sorted({*self._store.accounts(after=after, limit=MOST), *away})[:MOST]

    def _away(self) -> Sequence[Absence]:
        return [each for each in absences.read(self._store)[1] if self._clock() < each.until]

    def _look(self, ref: str) -> bool:
        """Take everything of whose account is deactivated. False where its channel does not answer now."""
        try:
            account = self._accounts.account(ref, timeout=CALL.total_seconds())
        except Unavailable as error:
            _log.warning("whether %s has left cannot be looked for: %s", ref, error)
            return False
        except CountersignError:
            return True
        if account.left:
            self._gone(ref)
        return True

    def _gone(self, ref: str) -> None:
        """Take what it asked for, and what the same people asked for on pages, of whose accounts nobody tells."""
        now, own = self._clock(), self._store.open_by(ref)
        people = {each.requester for each in own} | {each.person for each in self._away() if each.account == ref}
        paged = [
            each
            for person in sorted(people)
            for each in self._store.open_of(person)
            if self._is_paged(each.account)
        ]
        for request_id in dict.fromkeys(each.id for each in (*own, *paged)):
            self._take(request_id)
        absences.end_of(self._store, people, by=SERVICE, now=now)

    def _is_paged(self, ref: str) -> bool:
        try:
            return self._accounts.account(ref, timeout=CALL.total_seconds()).means == "web"
        except CountersignError:
            return False

    def _take(self, request_id: str) -> None:
        def taken() -> None:
            request = self._store.request(request_id)
            if undecided(request) or lives(request):
                _log.warning("%s: the account of %s is deactivated", request.id, request.requester)
                self._store.commit(transitions.leave(request, now=self._clock()))

        again(taken, attempts=_ATTEMPTS, changing=f"request {request_id}")
