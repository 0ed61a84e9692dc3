"""Random lives in which approvers are away and others stand in for them, with a crash at any write."""

from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from approvals.requests import every_review, undecided
from tests.chaos.life import Life
from tests.support.world import BOB, CAROL, DAN, GWEN

CRASH = st.none() | st.integers(0, 2)


class Said(NamedTuple):
    """Somebody tried to be away, with who stands in. `over`: until they said that they are back."""

    person: str
    delegate: str
    since: datetime
    over: datetime


class Absent(Life):
    """Who may be away, beside all else."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Said] = []

    @rule(
        who=st.sampled_from([BOB, CAROL]),
        delegate=st.sampled_from([GWEN, GWEN, DAN, CAROL]),
        minutes=st.sampled_from([1, 20]),
        crash=CRASH,
    )
    def leave(self, who: str, delegate: str, minutes: int, crash: int | None) -> None:
        self.clock.advance(1)
        now, until = self.clock(), self.clock() + timedelta(minutes=minutes)
        standing_in = self.world.uses.standing_in
        done = self.attempt(
            lambda: standing_in.leave(self.world.identity(who), until=until, delegate=delegate, now=now),
            crash=crash,
        )
        if done is not None:
            self.is_over(who)
        if done is not None or crash is not None:
            self.said.append(Said(who, delegate, now, until))

    @rule(who=st.sampled_from([BOB, CAROL]), crash=CRASH)
    @precondition(lambda self: bool(self.said))
    def come_back(self, who: str, crash: int | None) -> None:
        # What was voted a moment before was voted while they were away.
        self.clock.advance(1)
        standing_in = self.world.uses.standing_in
        done = self.attempt(lambda: standing_in.back(self.world.identity(who), now=self.clock()), crash=crash)
        if done is not None:
            self.is_over(who)

    @rule(
        which=st.integers(0, 5),
        late=st.sampled_from(["before", "between", "never"]),
        crash=st.none() | st.integers(0, 3),
    )
    @precondition(lambda self: any(map(undecided, self.requests())))
    def stand_in(self, which: int, late: str, crash: int | None) -> None:
        """Bob goes, and who stands in for him approves, and so does he: they are one. Some of it is too late."""
        request = self.pick(which, undecided)
        self.world.people.join(GWEN)
        self.gone.pop(GWEN, None)
        self.leave(BOB, GWEN, 1, None)
        minute = self.clock() + timedelta(minutes=1)
        self.wait(minute, late == "before")
        self.vote(GWEN, request, "approve", crash=crash)
        self.wait(minute, late == "between")
        self.vote((CAROL, BOB)[which % 2], request, "approve")

    def wait(self, until: datetime, so: bool) -> None:
        if so:
            self.clock.advance(max(0.0, (until - self.clock()).total_seconds()))
            self.granter.arrive(self.clock())

    def is_over(self, who: str) -> None:
        """What was said before lasts no longer."""
        self.said = [
            each._replace(over=min(each.over, self.clock())) if each.person == who else each for each in self.said
        ]

    @invariant()
    def nobody_stands_in_for_who_is_not_away(self) -> None:
        for request in self.requests():
            for review in every_review(request):
                assert not review.behalf or self.was_away(review.behalf, review.person, review.at)
            if request.decision is not None and request.decision.outcome == "approved":
                behalf = {each.person: each.behalf for each in request.reviews}
                for who in request.decision.by:
                    assert not behalf[who] or self.was_away(behalf[who], who, request.decision.at)

    def was_away(self, person: str, delegate: str, at: datetime) -> bool:
        return any(
            (each.person, each.delegate) == (person, delegate) and each.since <= at < each.over
            for each in self.said
        )
