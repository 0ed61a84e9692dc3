"""Asking: what somebody can ask for, what the policy says against it, and filing.

Each ends in one durable commit or raises.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals import transitions
from approvals.access.joining import groups_of
from approvals.access.keeping import HoldingReads
from approvals.access.surveying import Asked
from approvals.again import again
from approvals.answers import MarksStore
from approvals.changes import Change
from approvals.emergencies import mark_name
from approvals.evidence import Evidence
from approvals.freezes.frozen import Freeze
from approvals.guards import Guard
from approvals.identities import Identity
from approvals.ids import is_request_id, new_request_id, new_salt
from approvals.judging.cases import Cases
from approvals.limits import Filings
from approvals.people.accounts import require_accepted
from approvals.policy.evaluate import Ask, Offer, evaluate
from approvals.policy.explain import Explanation, explain
from approvals.policy.lookups import of_requester
from approvals.policy.model import Entitlement, Policy
from approvals.ports.store import Reads
from approvals.refusals.errors import NotFound, Refused
from approvals.refusals.reasons import Reason
from approvals.requests import Request, Settled, undecided, waits
from approvals.reviews import typed
from approvals.uses.commits import Commits, With
from approvals.uses.continuing import Continuing, Extension
from approvals.uses.own import is_holder
from approvals.uses.room import closed, require_joinable, require_room, with_room


class AskingStore(Reads, HoldingReads, Filings, MarksStore, Protocol):
    """The part of a store that asking needs."""


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """A new request, and the older one in whose place it was filed: withdrawn, or what it had become before."""

    request: Request
    older: Request


class Asking:
    """Requests, before and when they are filed."""

    def __init__(
        self,
        *,
        store: AskingStore,
        cases: Cases,
        freeze: Freeze,
        commits: Commits,
    ) -> None:
        self._store = store
        self._cases = cases
        self._freeze = freeze
        self._commits = commits
        self._continuing = Continuing(store=store, cases=cases)

    def file(
        self, identity: Identity, ask: Ask, *, key: str, now: datetime, beside: With | None = None
    ) -> Request:
        """File a request once for each idempotency key; a repeat returns what the first one made.

        Raises `Refused` of the kind of the check that failed (`frozen`, `entitlement`, `requester`,
        `duration`, `justification`, `approvers`, `extends`), of kind `limit`, `Unavailable` or, after three
        attempts, `Conflict`.
        """
        key = _own_key(identity, key)
        earlier = self._store.filed(key)
        if earlier is not None:
            return earlier
        return again(lambda: self._file(identity, ask, key=key, now=now, beside=beside), changing="the freeze")

    def _file(self, identity: Identity, ask: Ask, *, key: str, now: datetime, beside: With | None) -> Request:
        guards = self._guards(identity, ask)
        self._require_room(identity, now)
        change = self._filing(identity, ask, now)
        return self._commits.create(msgspec.structs.replace(change, guards=guards), key=key, beside=beside)

    def _guards(self, identity: Identity, ask: Ask) -> tuple[Guard, ...]:
        """What a freeze stops. Raises `Refused` of kind `frozen`, but where the policy exempts it."""
        found = self._freeze.held if self._is_exempt(ask.entitlement) else self._freeze.guards
        return found(ask.entitlement, you=identity.principal)

    def _is_exempt(self, entitlement: str) -> bool:
        found = self._cases.policy().entitlements.get(entitlement)
        return found is not None and found.break_glass is not None and found.break_glass.under_freeze

    def _filing(self, identity: Identity, ask: Ask, now: datetime) -> Change:
        """The change that files what is asked; where nobody else approves it, it approves it as well."""
        offer = self._offer(identity, ask, now)
        change = transitions.file(
            offer,
            request_id=new_request_id(),
            proof=identity.proof,
            justification=typed(ask.justification.strip(), salt=new_salt()),
            now=now,
            continues=self._continuing.of(identity, ask, offer, now=now),
        )
        if offer.requirement.kind == "break_glass":
            self._require_reviewed(offer.requester)
        if offer.requirement.alone:
            case = self._cases.of(change.request, now=now, by=identity)
            change = transitions.both(change, lambda request: self._cases.approval(case.after(request), now=now))
        return msgspec.structs.replace(change, limits=offer.limits)

    def extend(
        self,
        identity: Identity,
        request_id: str,
        *,
        duration: timedelta | None,
        justification: str,
        key: str,
        now: datetime,
        beside: With | None = None,
    ) -> Request:
        """File a request by which one's own access goes on for so long beyond its end; None: the usual time.

        Raises what `extension` and `file` do. A repeat with the same key changes nothing.
        """
        filed = self._store.filed(_own_key(identity, key))
        if filed is not None:
            return filed
        found = self.extension(identity, request_id, now=now)
        if (wrong := found.too_long(duration)) is not None:
            raise wrong.besides(self._against(identity, found.ask(found.most, justification), now=now))
        return self.file(identity, found.ask(duration, justification), key=key, now=now, beside=beside)

    def _against(self, identity: Identity, ask: Ask, *, now: datetime) -> Sequence[Refused]:
        """What else stands against an ask than the time that it is for."""
        try:
            self.check(identity, ask, now=now)
        except Refused as refusal:
            return [each for each in refusal.all if each.kind != "duration"]
        return ()

    def extension(self, identity: Identity, request_id: str, *, now: datetime) -> Extension:
        """What somebody can do to have their own access for longer. Raises what `Continuing.extension` does."""
        return self._continuing.extension(identity, request_id, now=now)

    def _require_reviewed(self, person: str) -> None:
        """Raise `Refused` while an emergency of this person's is not reviewed, under whatever address it was."""
        aliases = self._cases.policy().identity.aliases
        for address in (person, *(each for each, whose in aliases.items() if whose == person)):
            found = self._store.mark(mark_name(address))
            if found is not None:
                raise Refused("unreviewed", request=found.decode(errors="replace"))

    def replace(
        self,
        identity: Identity,
        ask: Ask,
        *,
        older: str,
        key: str,
        now: datetime,
        beside: With | None = None,
    ) -> Replaced:
        """File a request in the place of an older one for the same, which is withdrawn by the same commit.

        A repeat with the same key changes nothing. Raises what `file` does, and `Refused` of kind `older` where
        there is no such request to replace, or it was decided meanwhile.
        """
        key = _own_key(identity, key)
        request = again(
            lambda: self._replace(identity, ask, older, key, now=now, beside=beside), changing="the request"
        )
        return Replaced(request=request, older=self._store.request(older))

    def _replace(
        self, identity: Identity, ask: Ask, older: str, key: str, *, now: datetime, beside: With | None
    ) -> Request:
        before, filed = self._read_older(older), self._store.filed(key)
        self._require_same(identity, filed.terms.entitlement if filed else ask.entitlement, before)
        if filed is not None:
            return filed
        if not undecided(before) and before.state != "withdrawn":
            raise Settled("older.settled", before, older=older, state=before.state)
        guards = self._guards(identity, ask)
        change = msgspec.structs.replace(self._filing(identity, ask, now), guards=guards)
        # What is withdrawn already, or over, makes room by itself.
        ending = waits(before, now=now)
        withdrawal = transitions.withdraw(before, by=before.requester, now=now) if ending else None
        return self._commits.create(change, key=key, older=withdrawal, beside=beside)

    def _read_older(self, older: str) -> Request:
        if not is_request_id(older):
            raise Refused("older")
        try:
            return self._store.request(older)
        except NotFound:
            raise Refused("older") from None

    def _require_same(self, identity: Identity, entitlement: str, older: Request) -> None:
        is_own = is_holder(older, identity, self._cases.policy().identity)
        if not is_own or older.terms.entitlement != entitlement:
            raise Refused("older")

    def require_thawed(self, identity: Identity, entitlement: str = "") -> None:
        """Raise `Refused` of kind `frozen` while this person cannot ask; for this, where it is known what."""
        self._freeze.require_thawed(entitlement, you=identity.principal, exempt=self._is_exempt(entitlement))

    def require_accepted(self, identity: Identity) -> None:
        """Raise `Refused` of kind `accept` where the policy has people ask on the pages, and this is none."""
        require_accepted(identity.account, self._cases.policy().identity, purpose="request")

    def require_room(self, identity: Identity, *, key: str, now: datetime) -> None:
        """Raise `Refused` where one more request would be too many, before anything is looked up for it.

        What was filed by this key already is none more.
        """
        try:
            self._require_room(identity, now)
        except Refused:
            if self._store.filed(_own_key(identity, key)) is None:
                raise

    def _require_room(self, identity: Identity, now: datetime) -> None:
        self._store.require_room(identity.principal, self._cases.policy().limits, now=now)

    @property
    def timezone(self) -> str:
        """By whose clocks a time is meant that names none, where nobody knows where its person is."""
        return self._cases.policy().timezone

    def check(self, identity: Identity, ask: Ask, *, now: datetime) -> None:
        """Raise what the policy says against an ask, and file nothing."""
        self._offer(identity, ask, now)

    def _offer(self, identity: Identity, ask: Ask, now: datetime) -> Offer:
        policy, known = self._known(identity, ask.entitlement, now)
        require_accepted(identity.account, policy.identity, purpose="request")
        said = evaluate(policy, ask, requester=identity.principal, memberships=known.memberships, begins=now)
        offer = said.offer()
        require_joinable(offer, known, self._store)
        require_room(self._cases.surveyor, offer, extends=bool(ask.extends), now=now)
        return offer

    def declared(self, identity: Identity, ask: Ask, *, now: datetime) -> Entitlement | None:
        """What is asked for where it is an emergency, which its person has yet to confirm; None: it is none.

        Raises all that stands against it, as `file` would once it is confirmed.
        """
        found = self._cases.policy().entitlements.get(ask.entitlement)
        if found is None or found.break_glass is None:
            return None
        self._guards(identity, ask)
        offer = self._offer(identity, msgspec.structs.replace(ask, break_glass=True), now)
        self._require_reviewed(offer.requester)
        return found

    def explain(self, identity: Identity, entitlement: str, *, now: datetime) -> Explanation:
        """Find what an entitlement is, whether this person may ask for it, and who approves."""
        policy, known = self._known(identity, entitlement, now)
        known_of = known.memberships
        found = explain(policy, entitlement, requester=identity.principal, memberships=known_of, begins=now)
        return with_room(self._cases.surveyor, found, known, self._store, now=now)

    def unable(self, identity: Identity, entitlement: Entitlement, *, now: datetime) -> Sequence[Reason]:
        """Why it could not be made for this person as things stand. Google is asked of nothing but groups."""
        known = self._cases.about(identity.principal, selectors=(), now=now, joins=groups_of(entitlement))
        asked = Asked(targets=entitlement.targets, person=identity.principal)
        return closed(self._cases.surveyor, asked, known, self._store, now=now)

    def _known(self, identity: Identity, entitlement: str, now: datetime) -> tuple[Policy, Evidence]:
        """The policy in force, and what of it this person's asking for one entitlement hangs on."""
        policy = self._cases.policy_for(entitlement, now=now)
        found = policy.entitlements.get(entitlement)
        selectors = of_requester(policy, found) if found else ()
        joins = groups_of(found) if found else ()
        return policy, self._cases.about(identity.principal, selectors=selectors, now=now, joins=joins)


def _own_key(identity: Identity, key: str) -> str:
    return f"{identity.proof.account}:{key}"
