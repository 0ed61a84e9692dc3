"""Erasing what was typed once the policy's retention is over: some in each pass, and only by a sound clock.

A clock that is ahead would make everything due at once, and nobody brings back what is erased. So nothing is
erased before the clock was watched for a day in which it ran on as it should; nor in the first day of a retention,
so that a slip in the policy can be mended.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals import transitions
from approvals.freezes.frozen import Freeze
from approvals.ids import deeds_subject, request_subject, webhook_subject
from approvals.policy.model import Policy
from approvals.ports.store import Memory, Reads, Requests, Work
from approvals.ports.texts import Texts
from approvals.reconcile.posts import Posts
from approvals.reconcile.runner import LEASE
from approvals.refusals.errors import Conflict, Refused, Unavailable
from approvals.requests import Request
from approvals.telling import webhooks
from approvals.times import in_words, rfc3339
from countersign_client import shapes
from countersign_client.canonical import canonical, digest_of

SUBJECT = "erase:texts"
BATCH = 20
"""Requests whose texts are erased in one pass; a pass begins about every minute.

Slack takes some fifty redraws a minute, and cards of what waits are drawn by the same calls.
"""

LOOKS = 100
"""Requests that are read in one pass, whether or not they can be erased: the next one goes on after them."""

WATCHED = timedelta(days=1)
"""How long the clock is watched, and a retention is in force, before anything is erased."""

JUMP = timedelta(hours=1)
"""Two looks that are further apart are a jump of the clock, or nobody was there to see that it is none."""

BACK = timedelta(minutes=5)
"""So much earlier a look may be: clocks of several machines differ."""

_NOTED = timedelta(minutes=10)
_REST = timedelta(seconds=10)
_KEY = "erasing"
_BEHIND = "erasing.behind"
"""Noted before something is erased, until nothing of it is left on the disk."""

_log = logging.getLogger(__name__)


class ErasingStore(Requests, Reads, Work, Memory, Texts, Protocol):
    """The part of a store that erasing needs."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """Since when these rules hold and the clock runs on as it should, and what it said last."""

    since: datetime
    seen: datetime
    rules: str


class Erasing:
    """Erases what is due, unless another process is at it. `owner` names this process uniquely."""

    def __init__(
        self,
        *,
        store: ErasingStore,
        policy: Callable[[], Policy],
        freeze: Freeze,
        clock: Callable[[], datetime],
        owner: str,
    ) -> None:
        self._store = store
        self._policy = policy
        self._freeze = freeze
        self._clock = clock
        self._owner = owner
        self._place = ""

    def __call__(self) -> bool:
        """Do a pass; there is never so much to do that the next one comes sooner. Raises what the store does."""
        policy, now = self._policy(), self._clock()
        if not policy.erases:
            return False
        lease = self._store.lease(SUBJECT, owner=self._owner, now=now, until=now + LEASE)
        if lease is None:
            return False
        try:
            if self._watched(policy, now):
                self._pass(policy, now=now, until=lease.until - _REST)
            self._scrub()
        finally:
            self._store.release(lease, due=None)
        return False

    def _scrub(self) -> None:
        """Leave nothing behind of what was erased, also by a process that died before it did this."""
        if self._store.recall(_BEHIND) and self._store.scrub():
            self._store.forget(_BEHIND)

    def _watched(self, policy: Policy, now: datetime) -> bool:
        """Note what the clock says; say whether it was sound for long enough."""
        known, rules = self._recalled(), _rules(policy)
        sound = known is not None and known.rules == rules and known.seen - BACK <= now <= known.seen + JUMP
        since = known.since if known is not None and sound else now
        if not sound:
            _log.warning(
                "no text is erased for a day: retention is another one, or nobody saw the clock go on since %s",
                rfc3339(known.seen) if known is not None else "the beginning",
            )
        if known is None or not sound or now >= known.seen + _NOTED:
            watch = Watch(since=since, seen=now, rules=rules)
            self._store.remember(_KEY, msgspec.json.encode(watch).decode())
        return now >= since + WATCHED

    def _recalled(self) -> Watch | None:
        found = self._store.recall(_KEY)
        try:
            return None if found is None else shapes.decode(found, Watch)
        except msgspec.MsgspecError:
            return None

    def _pass(self, policy: Policy, *, now: datetime, until: datetime) -> None:
        """Look at what was over first of each entitlement, and further only while that is due and not frozen.

        What is due by is the moment that was watched: a clock may jump while a pass goes on. What is due and kept,
        as by the freeze of its person, costs each pass so many looks at the most and nobody their turn.
        """
        place, limit, erased, looked = self._place, 1, 0, 0
        self._place = ""
        while erased < BATCH and looked < LOOKS and self._clock() < until:
            found = self._store.retained(after=place, limit=min(limit, BATCH - erased, LOOKS - looked))
            if not found:
                return
            for each in found:
                kept = policy.retention_for(each.entitlement)
                if kept is None or now < each.last + kept or self._freeze.against(each.entitlement) is not None:
                    place, limit = each.beyond, 1
                    break
                erased += self._tried(each.request, kept, now)
                looked += 1
                place, limit = each.place, BATCH
        self._place = place

    def _tried(self, request_id: str, retention: timedelta, now: datetime) -> bool:
        """One that cannot be erased keeps none of the others from it, and is tried again."""
        try:
            return self._erase(self._store.request(request_id), retention, now)
        except Unavailable:
            raise
        except (Conflict, Refused) as error:
            _log.warning("the texts of %s are not erased yet: %s", request_id, error)
        except Exception:  # noqa: BLE001
            _log.exception("the texts of %s cannot be erased", request_id)
        return False

    def _erase(self, request: Request, retention: timedelta, now: datetime) -> bool:
        of = (request.terms.entitlement, request.requester)
        due = transitions.due(request, retention)
        # In a freeze somebody looks into what happened.
        if due is None or now < due or self._freeze.against(*of) is not None or self._is_owed(request):
            return False
        change = transitions.erase(request, retention=retention, now=now)
        wake = (*(change.wake if self._posts(request).posts else ()), *self._found(request))
        self._store.remember(_BEHIND, rfc3339(now))
        self._store.commit(msgspec.structs.replace(change, wake=wake, guards=self._freeze.guards(*of)))
        _log.info("%s was over for %s: what was typed into it is erased", request.id, in_words(retention))
        return True

    def _found(self, request: Request) -> tuple[str, ...]:
        """What holds what was done with its access, which is erased as well."""
        subject = deeds_subject(request.id)
        return (subject,) if request.grants and self._store.recorded(subject) else ()

    def _is_owed(self, request: Request) -> bool:
        """Somebody is still to be told of it, or access goes on that extends it."""
        # What is still to be sent is tried again and again; whatever was so long ago is waited for by nobody.
        since = self._clock() - WATCHED
        if any(post.next is not None and post.next > since for post in self._posts(request).posts.values()):
            return True
        if request.action is not None:
            told = self._store.recorded(webhook_subject(request.action.application, request.id))
            return bool(webhooks.decoded(told).open)
        return any(self._extends(each, request.id) for each in self._store.beside(request))

    def _posts(self, request: Request) -> Posts:
        body = self._store.recorded(request_subject(request.id))
        return shapes.decode(body, Posts) if body else Posts()

    def _extends(self, request: Request, first: str) -> bool:
        seen = {request.id}
        while (before := request.terms.extends) and before not in seen:
            if before == first:
                return True
            seen.add(before)
            request = self._store.request(before)
        return False


def _rules(policy: Policy) -> str:
    """What tells the retentions of one policy from those of another."""
    own = {each.id: each.retention for each in policy.offered} | {"": policy.retention}
    return digest_of(
        canonical({name: int(each.total_seconds()) for name, each in own.items() if each is not None})
    )
