"""What IAM offers, asked like evidence: of one project at the moment of a click, of all of them to be searched.

What cannot be had in time is unknown, and never taken for a no: a request stays as it is until IAM answers.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from datetime import datetime, timedelta
from typing import final

import msgspec

from approvals.eligible.bindings import LeftOut
from approvals.offers.iam_offers import Offered, offers, project_of
from approvals.offers.shelf import Shelf
from approvals.people.principals import EVIDENCE_AGE
from approvals.policy.model import Entitlement, Policy
from approvals.ports.catalog import Catalog, Listing
from approvals.refusals.errors import NotFound, OffersUnknown, Unavailable

DEADLINE = 1.0
"""Seconds for which somebody waits for what IAM offers; of a click, groups are asked for after it."""

CALL = 4.0
"""Seconds that IAM may take to answer about one project: what comes too late for one click serves the next."""

LISTING = 60.0
"""Seconds that all which can be searched may take to be read; nobody waits for it so long."""

RENEWED = timedelta(minutes=5)
"""How old what is searched may be until it is read anew. What is asked for is asked about by itself, always."""

STALE = timedelta(hours=1)
_AGAIN = timedelta(seconds=5)
"""So long after a failure IAM is not asked the same."""

_ROOM, _JOINED = 1_000, 100
_SAID = 1_000

_log = logging.getLogger(__name__)


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """What IAM offers on one project, by id; None: it did not say."""

    policy: Policy
    at: datetime
    offered: Mapping[str, Offered] | None

    def serves(self, policy: Policy, now: datetime) -> bool:
        lasts = EVIDENCE_AGE if self.offered is not None else _AGAIN
        return self.policy is policy and abs(now - self.at) <= lasts


@final
class IamCatalog:
    """Asks a catalog for what the policy's source names, and remembers each answer for `EVIDENCE_AGE`."""

    def __init__(
        self,
        catalog: Catalog | None,
        *,
        executor: Executor,
        time_left: Callable[[float], float] = lambda most: most,
    ) -> None:
        """Without a catalog nothing is ever known of what IAM offers. `time_left`: see `Witness`."""
        self._catalog = catalog
        self._executor = executor
        self._time_left = time_left
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, tuple[Policy, Future[None]]] = {}
        self._joined: dict[str, tuple[_Known, Policy]] = {}
        self._said: set[LeftOut] = set()
        # An executor may run what it is given at once, in the same thread.
        self._lock = threading.RLock()
        self._shelf: tuple[Policy, Shelf] | None = None
        self._running: Future[None] | None = None
        self._begun: datetime | None = None

    def joined(self, policy: Policy, name: str, *, now: datetime) -> Policy:
        """The policy with what IAM says of one id; as it is where IAM has no say in it, or says nothing now."""
        if not policy.unasked(name):
            return policy
        project = project_of(name)
        if not project:
            return msgspec.structs.replace(policy, absent=policy.absent | {name})
        known = self._of_project(policy, project, now)
        if known.offered is None:
            return policy
        made = self._joined.get(name)
        if made is None or made[0] is not known:
            found = known.offered.get(name)
            made = (known, _with(policy, name, found.entitlement if found is not None else None))
            if len(self._joined) > _JOINED:
                self._joined.clear()
            self._joined[name] = made
        return made[1]

    def on(self, policy: Policy, project: str, *, now: datetime) -> Sequence[Offered]:
        """What IAM offers to anybody on one project (`projects/ID`). Raises `Unavailable`."""
        known = self._of_project(policy, project, now)
        if known.offered is None:
            raise OffersUnknown(f"what IAM offers on {project} cannot be known now")
        return tuple(known.offered.values())

    def _of_project(self, policy: Policy, project: str, now: datetime) -> _Known:
        """What is known of it now. Many who ask at once have IAM asked once, and wait no longer than they can."""
        with self._lock:
            known = self._freshly(policy, project, now)
            running = None if known is not None else self._flight(policy, project, now)
        if running is not None:
            wait([running], timeout=max(self._time_left(DEADLINE), 0.0))
            with self._lock:
                known = self._freshly(policy, project, now)
        return known or _Known(policy=policy, at=now, offered=None)

    def _freshly(self, policy: Policy, project: str, now: datetime) -> _Known | None:
        known = self._known.get(project)
        return known if known is not None and known.serves(policy, now) else None

    def _flight(self, policy: Policy, project: str, now: datetime) -> Future[None] | None:
        """What asks about a project already, for this policy; else it begins."""
        if self._catalog is None or policy.source is None:
            return None
        asked, running = self._asking.get(project, (policy, None))
        if running is None or running.done() or asked is not policy:
            running = self._executor.submit(self._ask, self._catalog, policy, project, now)
            running.add_done_callback(_told)
            if not running.done():
                self._asking[project] = (policy, running)
        return running

    def _ask(self, catalog: Catalog, policy: Policy, project: str, now: datetime) -> None:
        """Ask, and remember what came, also where nobody waits for it any more."""
        offered = None
        try:
            offered = self._asked(catalog, policy, project)
        finally:
            with self._lock:
                if len(self._known) > _ROOM:
                    self._known.clear()
                self._known[project] = _Known(policy=policy, at=now, offered=offered)
                if self._asking.get(project, (None, None))[0] is policy:
                    self._asking.pop(project)

    def _asked(self, catalog: Catalog, policy: Policy, project: str) -> Mapping[str, Offered] | None:
        if policy.source is None:
            return None
        try:
            policies = catalog.effective(policy.source.scope, project, timeout=CALL)
        except (NotFound, Unavailable) as error:
            _log.warning("what IAM offers on %s cannot be known now: %s", project, error)
            return None
        found = offers(policy, policies, {project: [each.resource for each in policies]})
        self._tell(found.left_out)
        return {each.entitlement.id: each for each in found.offered}

    def shelf(self, policy: Policy, *, now: datetime) -> Shelf | None:
        """All that IAM offers, as it was within the hour; None where nothing of that is known, or no source named.

        Whoever comes first begins to read it, and waits no longer than anybody does.
        """
        if self._catalog is None or policy.source is None:
            return None
        with self._lock:
            found = self._held(policy, now, STALE)
            fresh = self._held(policy, now, RENEWED) is not None
            lately = self._begun is not None and abs(now - self._begun) <= _AGAIN
            if not fresh and not lately and (self._running is None or self._running.done()):
                self._begun = now
                self._running = self._executor.submit(self._read, self._catalog, policy, now)
                self._running.add_done_callback(_told)
            running = self._running
        if found is None and running is not None:
            wait([running], timeout=self._time_left(DEADLINE))
            with self._lock:
                found = self._held(policy, now, STALE)
        return found

    def _held(self, policy: Policy, now: datetime, age: timedelta) -> Shelf | None:
        if self._shelf is None or self._shelf[0] is not policy:
            return None
        return self._shelf[1] if abs(now - self._shelf[1].made) <= age else None

    def _read(self, catalog: Catalog, policy: Policy, now: datetime) -> None:
        source = policy.source
        if source is None:
            return
        try:
            listing = catalog.listing(source.scope, query=source.query, timeout=LISTING)
            made = self._made(policy, listing, now)
        except (NotFound, Unavailable) as error:
            _log.warning("what IAM offers cannot be listed now: %s", error)
            return
        with self._lock:
            self._shelf = (policy, made)

    def _made(self, policy: Policy, listing: Listing, now: datetime) -> Shelf:
        projects = {each.resource: each.above for each in listing.projects}
        found = offers(policy, listing.policies, projects, scope=policy.source.scope if policy.source else "")
        self._tell(found.left_out)
        made = Shelf(found.offered, {each.resource: each.title for each in listing.projects}, made=now)
        if listing.cut or made.cut:
            _log.warning("there is more that IAM offers than is searched: narrow sources.jit_access in the policy")
        return made

    def _tell(self, left_out: Iterable[LeftOut]) -> None:
        """Say in the log, once each, what means eligibility and is none."""
        for each in left_out:
            if each not in self._said and len(self._said) < _SAID:
                self._said.add(each)
                _log.warning("IAM offers nothing by a binding: %s: %s", each.place, each.text)


def _told(read: Future[None]) -> None:
    """Nobody waits for it who could be told of a fault in this program."""
    error = read.exception() if not read.cancelled() else None
    if error is not None:
        _log.error("what IAM offers cannot be listed: %s", error, exc_info=error)


def _with(policy: Policy, name: str, found: Entitlement | None) -> Policy:
    if found is None:
        return msgspec.structs.replace(policy, absent=policy.absent | {name})
    return msgspec.structs.replace(policy, entitlements={**policy.entitlements, name: found})
