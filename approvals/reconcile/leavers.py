"""Leavers: whose account is deactivated has nothing left here after some passes, whoever forgets to take it away.

Only what a channel or the directory says of an account in so many words counts. That it does not answer, answers
late, wants fewer calls or knows no such account says nothing of a person, and nothing follows from it.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from approvals import absences
from approvals.chaining import SERVICE
from approvals.grants import LEFT
from approvals.identities import AccountRouter
from approvals.ids import is_applications
from approvals.people.principals import is_service_account
from approvals.people.standins import Absence
from approvals.ports.people import Leaving
from approvals.ports.store import Guards, Lease, Memory, Reads, Requests, Work
from approvals.refusals.errors import CountersignError, NotFound, Unavailable
from approvals.requests import Request
from approvals.taking import take

SUBJECT = "leavers:accounts"
"""What is due while accounts are looked at: one subject, so that one process at a time does so."""

PERIOD = timedelta(seconds=60)
MOST = 30
"""Accounts that are looked at in each period: Slack takes 100 calls a minute of `users.info`, clicks included."""

CALL = timedelta(seconds=3)
_LONGEST = 3 * CALL
"""One look: the account, the same person's other one, and the directory."""

_MARGIN = timedelta(seconds=5)
_PERSON = "person:"
"""How somebody is looked for of whom an address alone is known: a delegate."""

_log = logging.getLogger(__name__)


class LeaverStore(Requests, Reads, Work, Guards, Memory, Protocol):
    """The part of a store that this work needs."""


class Leavers:
    """Looks at the accounts of whoever has something open, is away or stands in, some each period, in turn."""

    def __init__(
        self,
        *,
        store: LeaverStore,
        accounts: AccountRouter,
        clock: Callable[[], datetime],
        directory: Leaving | None = None,
    ) -> None:
        """`directory` is asked of everybody as well; None where it is not switched on."""
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._directory = directory
        self._silent = False

    def __call__(self, lease: Lease) -> datetime | None:
        """Look at the next ones. Where they stopped stands in the subject's record, whoever goes on."""
        after, self._silent = lease.body.decode(), False
        for ref in (refs := self._next(after)):
            if self._clock() + _LONGEST + _MARGIN > lease.until:
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
        away = {ref for each in self._away() for ref in (each.account, f"{_PERSON}{each.delegate}")}
        open_now = self._store.accounts(after=after, limit=MOST)
        return sorted({*open_now, *(ref for ref in away if ref > after)})[:MOST]

    def _away(self) -> Sequence[Absence]:
        return [each for each in absences.read(self._store)[1] if self._clock() < each.until]

    def _look(self, ref: str) -> bool:
        """Take everything of who has left. False where a channel does not answer now."""
        try:
            if ref.startswith(_PERSON):
                self._take_if_left(ref.removeprefix(_PERSON))
            elif is_applications(ref):
                self._look_for(ref)
            else:
                self._look_at(ref)
        except Unavailable as error:
            _log.warning("whether %s has left cannot be looked for: %s", ref, error)
            return False
        except CountersignError:
            return True
        return True

    def _look_for(self, ref: str) -> None:
        """Look for whom an application has something open: it names them by their address, and no account."""
        for person in {each.requester for each in self._store.open_by(ref)}:
            if not is_service_account(person):
                self._take_if_left(person)

    def _look_at(self, ref: str) -> None:
        own = self._store.open_by(ref)
        people = {each.requester for each in own} | {each.person for each in self._away() if each.account == ref}
        if (before := self._left(ref)) is not None:
            # An account that is deactivated may be an old one of somebody who has another.
            gone = {person for person in people if not self._is_found(person)}
            found = [*own, *(each for each in self._open_of(gone) if self._is_bare(each.account))]
            self._take([each for each in found if each.filed < before])
            self._end_absences(gone, before=before)
            people -= gone
        for person in people:
            if self._is_bare(ref):
                self._take_if_left(person)
            else:
                self._take_if_gone(person)

    def _take_if_left(self, person: str) -> None:
        """Take everything of somebody of whom no account of the chat is at hand."""
        if (before := self._left_chat(person)) is not None:
            self._take_all(person, before=before)
        else:
            self._take_if_gone(person)

    def _take_if_gone(self, person: str) -> None:
        """Take what they asked for before they left the directory."""
        if (moment := self._left_at(person)) is not None:
            self._take_all(person, before=moment)

    def _take_all(self, person: str, *, before: datetime) -> None:
        self._take([each for each in self._open_of({person}) if each.filed < before])
        self._end_absences({person}, before=before)

    def _left_chat(self, person: str) -> datetime | None:
        """The account by which the chat found them before is deactivated, and it finds no other one.

        A chat finds no deactivated account by its address, so which one it was is kept while it does.
        """
        key = f"leavers:{person}"
        known = self._store.recall(key) or ""
        with suppress(NotFound):
            found = self._accounts.find(person, timeout=CALL.total_seconds()).ref
            if found != known:
                self._store.remember(key, found)
            return None
        return self._left(known) if known else None

    def _left(self, ref: str) -> datetime | None:
        """Until when its channel has said that this account is deactivated; None where it says no such thing.

        It says nothing of what was done later: an answer is known for a minute, in which another instance may have
        let in somebody who is back. Raises `Unavailable`.
        """
        with suppress(NotFound):
            found = self._accounts.account(ref, timeout=CALL.total_seconds())
            return found.read_at + timedelta.resolution if found.left else None
        return None

    def _is_found(self, person: str) -> bool:
        with suppress(NotFound):
            return bool(self._accounts.find(person, timeout=CALL.total_seconds()).ref)
        return False

    def _left_at(self, person: str) -> datetime | None:
        """What the directory says. One that does not answer is asked no more in this pass: chats go on."""
        if self._directory is None or self._silent:
            return None
        try:
            return self._directory.left_at(person, timeout=CALL.total_seconds())
        except NotFound:
            return None
        except Unavailable as error:
            self._silent = True
            _log.warning("whether %s is in the directory cannot be looked for: %s", person, error)
            return None

    def _is_bare(self, ref: str) -> bool:
        """It is none of the chat: somebody came by a page, or an application named them."""
        if is_applications(ref):
            return True
        try:
            return self._accounts.account(ref, timeout=CALL.total_seconds()).means == "web"
        except CountersignError:
            return False

    def _open_of(self, people: Collection[str]) -> Sequence[Request]:
        return [each for person in sorted(people) for each in self._store.open_of(person)]

    def _end_absences(self, people: Collection[str], *, before: datetime) -> None:
        absences.end_of(self._store, people, by=SERVICE, now=self._clock(), before=before)

    def _take(self, found: Sequence[Request]) -> None:
        for each in take(self._store, found, cause=LEFT, now=self._clock()):
            _log.warning("%s: the account of %s is deactivated, suspended or gone", each.id, each.requester)
