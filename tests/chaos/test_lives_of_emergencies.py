"""Random lives of emergencies, with a crash at each write: one a person at a time, and a review done once."""

import logging
import shutil

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from approvals.auditing import replay
from approvals.emergencies import mark_name
from approvals.freezes import freezing
from approvals.policy.evaluate import Ask
from approvals.ports.store import UNREVIEWED
from approvals.requests import Request, unreviewed
from tests.approvals.uses.test_break_glass import ask, glass
from tests.chaos.life import Life
from tests.support.world import ALICE, BOB, CAROL, GWEN

CRASH = st.sampled_from([None, None, None, 0, 1, 2, 3])
PEOPLE = [ALICE, BOB, GWEN]


class Emergencies(Life):
    """Glass that is broken, reviewed and frozen in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world.policy = glass()
        self.tries = 0
        self.found: dict[str, tuple[str, bool]] = {}

    def teardown(self) -> None:
        logging.disable(logging.NOTSET)
        self.disk.close()
        shutil.rmtree(self.folder)

    @initialize(who=st.sampled_from(PEOPLE))
    def begin(self, who: str) -> None:
        self.break_it(who, confirmed=True, crash=None)

    @rule(who=st.sampled_from(PEOPLE), confirmed=st.sampled_from([True, True, False]), crash=CRASH)
    @precondition(lambda self: len(self.ids) < 8)
    def break_it(self, who: str, confirmed: bool, crash: int | None) -> None:
        self.tries += 1
        wanted: Ask = ask(confirmed=confirmed, minutes=20)
        key = f"try {self.tries}"
        identity, now = self.world.identity(who), self.clock()
        self.attempt(lambda: self.world.uses.asking.file(identity, wanted, key=key, now=now), crash=crash)
        self.discover()

    @rule(who=st.sampled_from([*PEOPLE, CAROL]), which=st.integers(0, 7), justified=st.booleans(), crash=CRASH)
    @precondition(lambda self: bool(self.ids))
    def review(self, who: str, which: int, justified: bool, crash: int | None) -> None:
        request = self.pick(which, unreviewed)
        identity, uses = self.world.identity(who), self.world.uses
        done = self.attempt(
            lambda: uses.reviewing.find(
                identity, request.id, justified=justified, why="I looked", now=self.clock()
            ),
            crash=crash,
        )
        if done is not None:
            self.found.setdefault(request.id, (who, justified))

    @rule(which=st.integers(0, 7), crash=CRASH)
    @precondition(lambda self: bool(self.ids))
    def end(self, which: int, crash: int | None) -> None:
        request = self.pick(which, unreviewed)
        self.attempt(lambda: self.world.end(request.requester, request), crash=crash)

    @rule(frozen=st.sampled_from([True, False, False]))
    def freeze_or_thaw(self, frozen: bool) -> None:
        move = freezing.freeze if frozen else freezing.thaw
        move(self.world.store, by="os:root", why=None, now=self.clock())
        self.note_freeze()

    @rule(seconds=st.sampled_from([1, 31, 1201, 90_000, 300_000]), crash=st.none() | st.integers(0, 30))
    def time_goes_by(self, seconds: float, crash: int | None) -> None:
        self.clock.advance(seconds)
        self.attempt(self.sweep, crash=crash)

    @invariant()
    def nothing_forbidden(self) -> None:
        self.nothing_forbidden_is_true()
        everything = self.requests()
        for request in everything:
            self.it_is_what_its_chain_tells(request)
        waiting = [request for request in everything if unreviewed(request)]
        assert {each.id for each in self.disk.on(UNREVIEWED).requests} == {each.id for each in waiting}
        for who in PEOPLE:
            own = [each.id for each in waiting if each.requester == who]
            assert len(own) <= 1
            assert self.disk.mark(mark_name(who)) == (own[0].encode() if own else None)

    def it_is_what_its_chain_tells(self, request: Request) -> None:
        assert list(replay.faults(request, self.disk.entries(request.id))) == []
        assert request.state == "approved"
        assert request.after_review is not None
        finding = request.after_review.finding
        if finding is not None:
            assert finding.by != request.requester
        if request.id in self.found:
            assert finding is not None
            assert (finding.by, finding.justified) == self.found[request.id]


TestEmergencies = pytest.mark.timeout(1200)(Emergencies.TestCase)
TestEmergencies.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
