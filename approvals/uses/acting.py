"""Acting: an application asks for one of its actions on behalf of a person, and does once what was approved.

Whoever calls was let in by the signature of that call. What belongs to another application is not there for it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec

from approvals import transitions
from approvals.again import again
from approvals.changes import Change
from approvals.freezes.frozen import Freeze
from approvals.ids import application_ref, is_request_id, new_request_id, new_salt
from approvals.judging.cases import Cases
from approvals.limits import Filings, counted
from approvals.people.persons import OnBehalf
from approvals.policy.acting import ActionOffer, Wanted, offer
from approvals.policy.model import Action
from approvals.policy.parties import Application
from approvals.ports.store import Position
from approvals.refusals.errors import NotFound, Refused, Unreadable
from approvals.requests import Request, State, unconfirmed
from approvals.reviews import TYPED_LENGTH, typed
from approvals.showing import fits
from approvals.targets import ActionCall, by_agent
from approvals.telling.cards import Card
from approvals.uses.commits import Commits, With
from approvals.uses.errands import Errand, require_same
from approvals.uses.listing import Listed, listed
from approvals.uses.repeats import Repeats
from approvals.uses.windows import Holds, Windows, WindowsStore

_ATTEMPTS = 12
"""How often a change is tried that many calls of one agent may fight over: they count on one window."""


class Speaking(Protocol):
    """An application that was let in for one call."""

    @property
    def application(self) -> Application: ...


class ActingStore(WindowsStore, Filings, Protocol):
    """The part of a store that acting needs."""


class Acting:
    """What applications do, each with its own requests."""

    def __init__(
        self, *, store: ActingStore, cases: Cases, freeze: Freeze, commits: Commits, has_pages: bool
    ) -> None:
        """Without pages nothing is asked for of which a card does not show all."""
        self._has_pages = has_pages
        self._store = store
        self._cases = cases
        self._freeze = freeze
        self._commits = commits
        self._windows = Windows(store=store, cases=cases)
        self._repeats = Repeats(store=store, generation=cases.generation, windows=self._windows)

    def ask(
        self,
        caller: Speaking,
        errand: Errand,
        person: OnBehalf,
        *,
        key: str,
        use: str = "",
        reason: str = "",
        join: bool = False,
        now: datetime,
        beside: With | None = None,
    ) -> Request:
        """File what is asked once for each key of the application; a repeat returns what the first one made.

        With `join` it is the request that stands for this very call already, where there is one: see `Repeats`.
        Where a guardrail allows it, it is approved by the same commit, unless the person has to confirm it first;
        with `use`, the key of a call that does it at once, that commit uses it as well.
        Raises `Refused` with the code of what stands against it (`frozen`, `application`, `action`, `issuer`,
        `parameters`, `requester`, `guardrail`, `step_up`, `approvers`, `justification`, `no_pages`), of kind
        `limit`, `Unavailable` or, after three attempts, `Conflict`.
        """
        own_key = f"{application_ref(caller.application.id)}:{key}"
        earlier = self._store.filed(own_key)
        if earlier is not None:
            return earlier
        filing = _Filing(caller.application.id, errand, person, reason.strip(), use, join)
        return again(
            lambda: self._ask(filing, key=own_key, now=now, beside=beside),
            changing="the freeze",
            attempts=_ATTEMPTS,
        )

    def filed(self, caller: Speaking, *, key: str) -> Request | None:
        """What `ask` has filed under this key, which finds it for good."""
        return self._store.filed(f"{application_ref(caller.application.id)}:{key}")

    def weigh(
        self, caller: Speaking, errand: Errand, person: OnBehalf, *, reason: str = "", now: datetime
    ) -> None:
        """Raise what `ask` would raise now, and file nothing."""
        filing = _Filing(caller.application.id, errand, person, reason.strip(), "")
        self._freeze.guards(errand.action, self._cases.policy().identity.primary(person.principal))
        self._filed(filing, now=now)

    def _ask(self, filing: "_Filing", *, key: str, now: datetime, beside: With | None) -> Request:
        principal = self._cases.policy().identity.primary(filing.person.principal)
        guards = self._freeze.guards(filing.errand.action, principal)
        asked, application = filing.errand, filing.application
        found = self._repeats.of(asked, principal, application=application, now=now) if filing.join else None
        if found is not None and found.stands is not None:
            return found.stands
        change, opener = self._filed(filing, now=now)
        if found is not None:
            change, key = found.noted(change), found.key or key
        change = msgspec.structs.replace(change, guards=(*guards, *change.guards))
        return self._commits.create(change, key=key, older=opener, beside=beside)

    def _filed(self, filing: "_Filing", *, now: datetime) -> tuple[Change, Change | None]:
        """The change that files it; where nobody needs to be asked, it approves it as well.

        Where it is taken from a window, the change of the request that opened that is kept with it.
        """
        if len(filing.reason) > TYPED_LENGTH:
            raise Refused("justification.long", most=TYPED_LENGTH)
        call = self._call(filing)
        found = self._offer(call, filing.person, now=now)
        asking = partial(
            transitions.ask,
            found,
            request_id=new_request_id(),
            call=call,
            person=filing.person,
            justification=typed(filing.reason, salt=new_salt()),
            salt=new_salt(),
            now=now,
        )
        change = asking()
        taken = self._windows.taken(change.request, asking, found, now=now)
        if taken is not None:
            return self._at_once(taken.change, filing, now=now), taken.opener
        if found.requirement.kind == "allow" and not unconfirmed(change.request):
            return self._allowed(change, filing, now=now), None
        if not self._has_pages and not fits(change.request):
            raise Refused("no_pages")
        # What nobody is asked for buries nobody.
        limits, request = found.limits, change.request
        for whose, each in counted(request.requester, request.account, limits):
            self._store.require_room(whose, each, now=now)
        return msgspec.structs.replace(change, limits=limits), None

    def _allowed(self, filed: Change, filing: "_Filing", *, now: datetime) -> Change:
        """Approve what nobody has to be asked for, and use it: all of it is judged in the one moment."""
        case = self._cases.of(filed.request, now=now)
        change = transitions.both(filed, lambda request: self._cases.approval(case.after(request), now=now))
        return self._at_once(change, filing, now=now)

    def _at_once(self, change: Change, filing: "_Filing", *, now: datetime) -> Change:
        """What is approved by the commit that files it is used by it as well, where the call says so."""
        if not filing.use:
            return change
        generation, by = self._cases.generation(), filing.application
        return transitions.both(
            change, lambda it: transitions.use(it, by=by, key=filing.use, generation=generation, now=now)
        )

    def _call(self, filing: "_Filing") -> ActionCall:
        """The errand with the policy's words of the moment."""
        errand = filing.errand
        action = self._cases.policy().actions.get(errand.action)
        if action is None:
            raise Refused("action")
        return ActionCall(
            application=filing.application,
            action=errand.action,
            parameters=errand.parameters,
            key=errand.key,
            data=errand.data,
            metadata={**action.metadata, **self._asker(action)},
            risk=action.risk,
        )

    def _asker(self, action: Action) -> Mapping[str, str]:
        """What says that an agent asks, where one does."""
        if action.tool is None:
            return {}
        application = self._cases.policy().applications.get(action.application)
        return by_agent(application.title) if application is not None else {}

    def _offer(self, call: ActionCall, person: OnBehalf, *, now: datetime) -> ActionOffer:
        policy = self._cases.policy()
        found = policy.actions.get(call.action)
        principal = policy.identity.primary(person.principal)
        known = self._cases.about(principal, selectors=found.requesters if found else (), now=now)
        wanted = Wanted(call=call, person=person, asked=now)
        return offer(policy, wanted, memberships=known.memberships, now=now)

    def consume(
        self,
        caller: Speaking,
        request_id: str,
        errand: Errand,
        *,
        key: str,
        now: datetime,
        beside: With | None = None,
    ) -> Request:
        """Use an approval, once: from here on the application does it. The same key gets the same answer again.

        All of it is held against this moment. Raises `NotFound` of another application's, `Refused` with code
        `parameters.differ` where the errand is another one, `Settled` with code `used` or `unusable`, `Refused`
        with the code of what stands against it by now, `Unavailable` or, after three attempts, `Conflict`.
        """
        return again(
            lambda: self._consumed(caller, request_id, errand, key=key, now=now, beside=beside),
            changing="the request",
            attempts=_ATTEMPTS,
        )

    def _consumed(
        self,
        caller: Speaking,
        request_id: str,
        errand: Errand,
        *,
        key: str,
        now: datetime,
        beside: With | None,
    ) -> Request:
        request = self.look(caller, request_id)
        require_same(request, errand)
        if request.used is not None and request.used.key == key:
            return request
        generation = self._cases.generation()
        transitions.require_usable(request, generation=generation, now=now)
        guards = self._freeze.guards(request.terms.entitlement, request.requester)
        case = self._cases.of(request, now=now, using=True)
        holds = self._windows.still(request, case, now=now) if request.terms.within is not None else Holds()
        if not holds.seen:
            case.require_demanded()
        change = transitions.use(request, by=caller.application.id, key=key, generation=generation, now=now)
        change = msgspec.structs.replace(change, guards=(*guards, *holds.guards), seen=holds.seen)
        return self._commits.commit(change, beside=beside)

    def withdraw(
        self, caller: Speaking, request_id: str, *, now: datetime, reason: str = "", beside: With | None = None
    ) -> Request:
        """Withdraw what waits. Raises `NotFound`, `Refused` or, after three attempts, `Conflict`."""

        def withdrawn() -> Request:
            by = application_ref(caller.application.id)
            change = transitions.withdraw(self.look(caller, request_id), by=by, reason=reason, now=now)
            return self._commits.commit(change, beside=beside)

        return again(withdrawn, changing="the request")

    def look(self, caller: Speaking, request_id: str) -> Request:
        """A request of this application's. Raises `NotFound` of every other one, or `Unavailable`."""
        if not is_request_id(request_id):
            raise NotFound("no id of a request")
        try:
            request = self._store.request(request_id)
        except Unreadable as error:
            raise NotFound(str(error)) from error
        if request.action is None or request.action.application != caller.application.id:
            raise NotFound("a request that is nothing to whoever asked")
        return request

    def card(self, request: Request, *, now: datetime) -> Card:
        """What people see of a request, without anything that they could press."""
        return self._cases.of(request, now=now).card()

    def actions(self, caller: Speaking) -> Sequence[Action]:
        """What this application may ask for, in the policy's order."""
        found = self._cases.policy().actions.values()
        return tuple(each for each in found if each.application == caller.application.id)

    def listed(
        self, caller: Speaking, *, state: State | None = None, before: Position | None = None, most: int
    ) -> Listed:
        """This application's requests for the actions that it has now, newest first."""
        actions = [each.id for each in self.actions(caller)]
        return listed(self._store, caller.application.id, actions, state=state, before=before, most=most)


class _Filing(msgspec.Struct, frozen=True):
    application: str
    errand: Errand
    person: OnBehalf
    reason: str
    use: str
    join: bool = False
