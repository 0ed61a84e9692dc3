"""Random lives of counted windows, with deaths and races at every write: none too many, too late, of another."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from approvals.policy.tools import CallWindow
from approvals.ports.store import Store
from approvals.requests import counting
from tests.chaos.counting import Counting
from tests.support.emulators import new_project, running_host, store_at
from tests.support.refunds import ASSERTED
from tests.support.tool_callers import AGENTS, DEFINITIONS, WINDOW, Call
from tests.support.world import ALICE, BOB, CAROL

CRASHES = st.none() | st.integers(0, 3)
WHICH = st.integers(0, 5)
RACES = st.sampled_from(["nothing", "taken", "used", "ended", "frozen", "opened"])
OTHERS = {"agent": AGENTS[1], "definition": DEFINITIONS[1], "tool": "delete_contact", "data": '{"act":"two"}'}
CHANGES = st.sampled_from(
    [{}] * 5 + [{name: value} for name, value in OTHERS.items()] + [{"person": ASSERTED}] * 2
)
KEYS = st.sampled_from(["use 1", "use 2"])
SHORT = CallWindow(lasts=timedelta(minutes=1), uses=9)
FEW = CallWindow(lasts=WINDOW.lasts, uses=2)
OFFERED = [WINDOW, WINDOW, None, FEW, SHORT]
BETWEEN = ["nothing"] * 4 + ["late", "ended", "withdrawn", "few", "short", "two", "no approver", "frozen"]
BETWEEN += ["swept", "restored"]


class LivesOfWindows(Counting):
    """What may happen to what agents ask for, in any order."""

    @rule(changes=CHANGES, join=st.booleans(), use=st.sampled_from(["", "at once"]), race=RACES, crash=CRASHES)
    @precondition(lambda self: len(self.calls) < 14)
    def ask(self, changes: dict[str, Any], race: str, use: str, crash: int | None, *, join: bool) -> None:
        call = self.next(Call(number=0, **changes))
        self.races(race, call)
        self.attempt(lambda: self.asks(call, use=use, join=join), crash)

    @rule(
        changes=CHANGES,
        others=st.lists(CHANGES, min_size=1, max_size=3),
        several=st.sampled_from([(True, True)] * 3 + [(True, False), (False, True)]),
        between=st.sampled_from(BETWEEN),
        races=st.tuples(RACES, RACES),
        crash=CRASHES,
    )
    @precondition(lambda self: len(self.calls) < 8)
    def open_take_and_use(
        self,
        *,
        changes: dict[str, Any],
        others: list[dict[str, Any]],
        several: tuple[bool, bool],
        between: str,
        races: tuple[str, str],
        crash: int | None,
    ) -> None:
        """The shortest way to a window and calls of it, with a death in its approval and one thing in between."""
        self.thaws()
        self.is_approver_again(BOB)
        self.offer(WINDOW)
        call = self.next(Call(number=0, **changes))
        first = self.attempt(lambda: self.asks(call))
        if first is None:
            return
        if call.person is ASSERTED:
            self.attempt(lambda: self.confirms(first, several=several[0]))
        self.attempt(lambda: self.callers.approve(first, several=several[1]), crash)
        taken = self.attempt(lambda: self.asks(self.next(call)))
        self.happens(between, first.id)
        for each in others:
            other = msgspec.structs.replace(self.next(call), **each)
            self.races(races[0], other)
            self.attempt(lambda: self.asks(other))  # noqa: B023 - it is called at once
        if taken is not None:
            self.races(races[1], call, taken)
            self.attempt(lambda: self.uses(taken, "use 1"), crash)
            self.attempt(lambda: self.uses(taken, "use 1"))

    def happens(self, what: str, opener: str) -> None:
        policies = {"withdrawn": None, "few": FEW, "short": SHORT}
        if what in policies:
            self.offer(policies[what])
        if what in ("late", "short", "no approver", "swept"):
            self.clock.advance(601 if what == "late" else 61)
        if what == "two":
            self.offer(WINDOW, 2)
        if what == "ended":
            self.attempt(lambda: self.world.end(BOB, self.disk.request(opener), why="No more"))
        if what == "no approver":
            self.is_no_approver(BOB)
            self.clock.advance(61)
        if what == "frozen":
            self.freezes()
        if what == "restored":
            self.world.installation = msgspec.structs.replace(self.world.installation, generation=opener)
        if what == "swept":
            self.attempt(lambda: self.world.pass_(rounds=40))

    @rule(which=WHICH, who=st.sampled_from([BOB, CAROL]), several=st.booleans(), race=RACES, crash=CRASHES)
    @precondition(lambda self: bool(self.calls))
    def approve(self, which: int, who: str, race: str, crash: int | None, *, several: bool) -> None:
        request = self.pick(which, lambda it: it.state == "pending")
        self.races(race, self.calls[request.id])
        self.attempt(lambda: self.callers.approve(request, who, several=several), crash)

    @rule(which=WHICH, several=st.booleans(), crash=CRASHES)
    @precondition(lambda self: ASSERTED in [each.person for each in self.calls.values()])
    def confirm(self, which: int, crash: int | None, *, several: bool) -> None:
        request = self.pick(which, lambda it: it.terms.person == ASSERTED)
        self.attempt(lambda: self.confirms(request, several=several), crash)

    @rule(which=WHICH, key=KEYS, race=RACES, crash=CRASHES)
    @precondition(lambda self: bool(self.calls))
    def consume(self, which: int, key: str, race: str, crash: int | None) -> None:
        request = self.pick(which, lambda it: it.state == "approved" and it.terms.within is not None)
        self.races(race, self.calls[request.id], request)
        self.attempt(lambda: self.uses(request, key), crash)

    @rule(which=WHICH, who=st.sampled_from([ALICE, BOB]), race=RACES, crash=CRASHES)
    @precondition(lambda self: bool(self.calls))
    def end(self, which: int, who: str, race: str, crash: int | None) -> None:
        request = self.pick(which, counting)
        self.races(race, self.calls[request.id])
        self.attempt(lambda: self.world.end(who, request, why="No more"), crash)

    @rule(window=st.sampled_from(OFFERED), needed=st.sampled_from([1, 1, 2]))
    def the_policy_is_edited(self, window: CallWindow | None, needed: int) -> None:
        self.offer(window, needed)

    @rule(who=st.sampled_from([BOB, CAROL]))
    def leaves_the_approvers_or_comes_back(self, who: str) -> None:
        self.is_approver_again(who) if who in self.gone else self.is_no_approver(who)

    @rule(seconds=st.sampled_from([1, 59, 61, 599]))
    def pass_time(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(crash=st.none() | st.integers(0, 9))
    def sweep(self, crash: int | None) -> None:
        self.attempt(lambda: self.world.pass_(rounds=40), crash)

    @rule()
    def freeze_or_thaw(self) -> None:
        self.thaws() if self.look().frozen else self.freezes()


class LivesOfWindowsInFirestore(LivesOfWindows):
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


TestLivesOfWindows = LivesOfWindows.TestCase
TestLivesOfWindows.settings = _lives(40, steps=10)
# Fewer: each look at a record is a call.
TestLivesOfWindowsInFirestore = pytest.mark.usefixtures("firestore_host", "patient")(
    LivesOfWindowsInFirestore.TestCase
)
TestLivesOfWindowsInFirestore.settings = _lives(3, steps=5)
