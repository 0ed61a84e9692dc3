"""Random lives of actions, with crashes at every write: none is done twice, unapproved, late or in a freeze."""

import logging
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from approvals.auditing import replay
from approvals.backends.stores.sqlite import open_sqlite
from approvals.freezes import freezing
from approvals.people.persons import OnBehalf
from approvals.policy.model import Then
from approvals.ports.store import Store
from approvals.reconcile.leavers import SUBJECT
from approvals.refusals.errors import NotFound, Refused, Unavailable
from approvals.requests import Request
from approvals.reviews import Verdict
from tests.chaos.setting import MEMORY
from tests.chaos.trouble import Crash, Doom
from tests.support.builders import NOW, PERSON
from tests.support.clouds import google_with
from tests.support.direct import direct_iam
from tests.support.doubles import Around, Clock, ref
from tests.support.emulators import new_project, running_host, store_at
from tests.support.refunds import ASSERTED, Till
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World

KEYS = ["use 1", "use 2"]
BETWEEN = ["nothing", "freeze", "late", "swept", "gone", "refused", "taken", "allowed", "left"]
CRASHES = st.none() | st.integers(0, 3)
WHICH = st.integers(0, 4)


class LivesOfActions(RuleBasedStateMachine):
    """What may happen to the requests of a shop, in any order."""

    def __init__(self) -> None:
        super().__init__()
        logging.disable(logging.CRITICAL)
        self.folder = Path(tempfile.mkdtemp(prefix="actions", dir=MEMORY if MEMORY.is_dir() else None))
        self.clock, self.doom = Clock(), Doom()
        self.disk = self.new_store()
        around = Around(self.disk, before=self.doom.write, after=self.doom.write)
        granter = direct_iam(google_with())
        self.world = World(self.folder, granter=granter, store=cast("Store", around), clock=self.clock)
        self.till = Till(self.world).asserting().judged("require_approval")
        self.ids: list[str] = []
        self.done: dict[str, str] = {}

    def teardown(self) -> None:
        try:
            self.thaw()
            self.clock.advance(5 * 3600)
            self.world.pass_(rounds=30)
            assert all(request.state not in ("pending", "approved") for request in self.requests())
            self.nothing_forbidden()
        finally:
            logging.disable(logging.NOTSET)
            with closing(self.disk):
                shutil.rmtree(self.folder)

    def new_store(self) -> Store:
        return open_sqlite(self.folder / "store.db", now=NOW)

    # --- how

    def attempt(self, step: Callable[[], Any], crash: int | None = None) -> Any:
        """Do something that may be refused or die; after a death the program starts again."""
        self.doom.left = crash
        try:
            return step()
        except (Refused, Unavailable):
            return None
        except Crash:
            self.world.restart()
            return None
        finally:
            self.doom.left = None
            self.ids += [chain for chain in self.disk.chains() if chain and chain not in self.ids]

    def requests(self) -> list[Request]:
        return [self.disk.request(each) for each in self.ids]

    def pick(self, which: int, state: str) -> Request:
        """A request in that state, or any where there is none."""
        found = [each for each in self.requests() if each.state == state] or self.requests()
        return found[which % len(found)]

    # --- what happens

    @rule(person=st.sampled_from([PERSON, PERSON, ASSERTED]), crash=CRASHES)
    @precondition(lambda self: len(self.ids) < 4)
    def ask(self, person: OnBehalf, crash: int | None) -> None:
        self.attempt(lambda: self.till.ask(person=person), crash)

    @rule(who=st.sampled_from([ALICE, BOB]), which=WHICH, crash=CRASHES)
    @precondition(lambda self: bool(self.ids))
    def confirm(self, who: str, which: int, crash: int | None) -> None:
        request = self.pick(which, "pending")
        if who == ALICE:
            self.attempt(lambda: self.till.confirm(who, request), crash)
        else:
            with pytest.raises(NotFound):
                self.till.confirm(who, request)

    @rule(
        who=st.sampled_from([ALICE, BOB, BOB, CAROL, CAROL, DAN, GWEN]),
        verdict=st.sampled_from(["approve", "approve", "approve", "deny", "take_back"]),
        which=WHICH,
        crash=CRASHES,
    )
    @precondition(lambda self: bool(self.ids))
    def vote(self, who: str, verdict: Verdict, which: int, crash: int | None) -> None:
        request = self.pick(which, "pending")
        self.attempt(lambda: self.world.press(who, request, verdict, comment="x"), crash)

    @rule(which=WHICH, key=st.sampled_from(KEYS), amount=st.sampled_from(["250.00 EUR"] * 3 + ["9.00 EUR"]))
    @precondition(lambda self: bool(self.ids))
    def consume(self, which: int, key: str, amount: str) -> None:
        self.used_or_not(self.pick(which, "approved"), key, amount, None)

    def used_or_not(self, request: Request, key: str, amount: str, crash: int | None) -> None:
        """Use it, and look at once whether it could have been."""
        frozen = freezing.read(self.disk).frozen
        before, now = self.disk.request(request.id), self.clock()
        done = self.attempt(lambda: self.till.consume(request, self.till.errand(amount), key=key), crash)
        after = self.disk.request(request.id)
        if before.state != "used" and after.state == "used":
            assert not frozen
            (guardrail,) = self.world.policy.actions["refund"].guardrails
            assert guardrail.then in ("require_approval", "allow")
            assert amount == "250.00 EUR"
            assert before.state == "approved"
            assert before.use_by is not None
            assert now < before.use_by
        if done is not None:
            # Whoever is told that it may be done is the one call that it was kept for.
            assert self.done.setdefault(request.id, key) == key

    @rule(
        person=st.sampled_from([PERSON, ASSERTED]),
        between=st.sampled_from(BETWEEN),
        keys=st.lists(st.sampled_from(KEYS), min_size=2, max_size=3),
        crash=CRASHES,
    )
    @precondition(lambda self: len(self.ids) < 8)
    def ask_approve_and_use(self, person: OnBehalf, between: str, keys: list[str], crash: int | None) -> None:
        """The shortest way to a use, with one thing between it and the approval."""
        self.thaw()
        self.till.asserting().judged("allow" if between == "allowed" else "require_approval")
        request = self.attempt(lambda: self.till.ask(person=person))
        if request is None:
            return
        if person is ASSERTED:
            self.attempt(lambda: self.till.confirm(ALICE, request))
        self.attempt(lambda: self.world.press(BOB, request))
        self.happens(between, request)
        place = len(self.ids) - 1
        for key in keys:
            self.used_or_not(self.disk.request(self.ids[place]), key, "250.00 EUR", crash)
            crash = None

    def happens(self, what: str, request: Request) -> None:
        if what == "freeze":
            self.freeze()
        elif what in ("late", "swept"):
            self.pass_time(601 if what == "late" else 60)
        elif what == "gone":
            self.till.ruled(actions={})
        elif what == "refused":
            self.till.judged("refuse")
        elif what == "taken":
            self.attempt(lambda: self.world.end(CAROL, request, why="No more"))
        elif what == "left":
            self.look_at_accounts(None)
            self.account_is_deactivated_or_comes_back(stays=False)
            self.pass_time(61)
            self.look_at_accounts(None)
        if what == "swept":
            self.sweep(None)

    @rule(stays=st.booleans())
    def account_is_deactivated_or_comes_back(self, *, stays: bool) -> None:
        self.world.people.join(ALICE, active=stays, left=not stays)

    @rule(crash=CRASHES)
    def look_at_accounts(self, crash: int | None) -> None:
        """After a look that was not interrupted, a leaver has nothing that could be used."""
        look = self.attempt(self.looked_at, crash)
        known = self.disk.recall(f"leavers:{ALICE}")
        if look and known and self.world.people.accounts[ref(ALICE)].left:
            assert all(request.state not in ("pending", "approved") for request in self.requests())

    def looked_at(self) -> bool:
        self.world.store.wake(SUBJECT, due=self.clock())
        self.world.reconciler.subject(SUBJECT)
        return True

    @rule(who=st.sampled_from([ALICE, CAROL, GWEN]), which=WHICH, crash=CRASHES)
    @precondition(lambda self: bool(self.ids))
    def take_away(self, who: str, which: int, crash: int | None) -> None:
        request = self.pick(which, "approved")
        self.attempt(lambda: self.world.end(who, request, why="No more"), crash)

    @rule(which=WHICH, crash=CRASHES)
    @precondition(lambda self: bool(self.ids))
    def withdraw(self, which: int, crash: int | None) -> None:
        request = self.pick(which, "pending")
        self.attempt(lambda: self.till.withdraw(request), crash)

    @rule(then=st.sampled_from(["require_approval"] * 3 + ["allow", "refuse", "step_up"]))
    def the_guardrails_say_something_else(self, then: Then) -> None:
        self.till.judged(then)

    @rule(listed=st.booleans())
    def the_policy_is_edited(self, listed: bool) -> None:
        self.till.asserting() if listed else self.till.ruled(actions={})

    @rule(seconds=st.sampled_from([1, 61, 599, 601]))
    def pass_time(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(crash=st.none() | st.integers(0, 9))
    def sweep(self, crash: int | None) -> None:
        self.attempt(lambda: self.world.pass_(rounds=30), crash)

    @rule()
    def freeze(self) -> None:
        freezing.freeze(self.disk, by="os:root", why=None, now=self.clock())

    @rule()
    def thaw(self) -> None:
        freezing.thaw(self.disk, by="os:root", why=None, now=self.clock())
        self.world.freeze.epoch()

    # --- what must hold

    @invariant()
    def nothing_forbidden(self) -> None:
        for request in self.requests():
            entries = self.disk.entries(request.id)
            assert list(replay.faults(request, entries)) == []
            told = [entry.action for entry in entries]
            assert told.count("request.used") <= 1
            assert request.grants == ()
            if request.decision is not None and request.decision.outcome == "approved":
                self.was_approved(request, told)
            if request.id in self.done:
                assert request.used is not None
                assert request.used.key == self.done[request.id]

    def was_approved(self, request: Request, told: list[str]) -> None:
        """By somebody else than the person, or by a guardrail, and never before who was named has confirmed it."""
        assert request.decision is not None
        assert set(request.decision.by) <= {BOB, CAROL, DAN}
        assert bool(request.decision.by) != (request.terms.requirement.kind == "allow")
        if request.terms.person == ASSERTED:
            assert told.index("request.confirmed") < told.index("request.approved")


class LivesOfActionsInFirestore(LivesOfActions):
    """The same on Google's emulator."""

    def new_store(self) -> Store:
        return store_at(running_host(), new_project())


def _lives(count: int, *, steps: int) -> settings:
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


TestLivesOfActions = LivesOfActions.TestCase
TestLivesOfActions.settings = _lives(60, steps=15)
# Fewer: each look at a record is a call.
TestLivesOfActionsInFirestore = pytest.mark.usefixtures("firestore_host", "patient")(
    LivesOfActionsInFirestore.TestCase
)
TestLivesOfActionsInFirestore.settings = _lives(6, steps=8)
