"""Random lives in which approvers offer less, and requesters accept, with a crash at any write."""

from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from approvals.requests import Request, undecided
from approvals.targets import accesses
from tests.chaos.life import Life
from tests.chaos.setting import DECIDERS


class Offering(Life):
    """What may happen to the terms of what waits, beside all else."""

    @rule(
        who=st.sampled_from(DECIDERS),
        which=st.integers(0, 5),
        minutes=st.sampled_from([1, 5, 20]),
        keep=st.sampled_from([None, (0,), (1,), (0, 1)]),
        crash=st.none() | st.integers(0, 3),
    )
    @precondition(lambda self: any(map(undecided, self.requests())))
    def offer(self, who: str, which: int, minutes: int, keep: tuple[int, ...] | None, crash: int | None) -> None:
        request = self.pick(which, undecided)
        self.attempt(lambda: self.world.offer(who, request, minutes=minutes, keep=keep), crash=crash)

    @rule(which=st.integers(0, 5), stale=st.booleans(), crash=st.none() | st.integers(0, 3))
    @precondition(lambda self: any(map(_countered, self.requests())))
    def accept(self, which: int, stale: bool, crash: int | None) -> None:
        """`stale`: another offer comes between the card and the press."""
        request = self.pick(which, _countered)
        token = self.world.tokens.mint(request, act="accept", now=self.clock())
        if stale:
            self.attempt(lambda: self.world.offer(DECIDERS[which % 3], request, minutes=1))
        done = self.attempt(lambda: self.world.accept(request.requester, request, token=token), crash=crash)
        if done is not None and request.counter is not None:
            assert done.revision >= request.counter.revision

    @invariant()
    def a_revision_only_narrows(self) -> None:
        """Nothing is given that was not asked for first, and no vote of an older revision decides."""
        for request in self.requests():
            terms = [*(each.terms for each in request.former), request.terms]
            for before, after in pairwise(terms):
                assert after.duration <= before.duration
                assert set(accesses(after.targets)) <= set(accesses(before.targets))
                assert after.expires == before.expires
            if request.decision is not None and request.decision.outcome == "approved":
                assert set(request.decision.by) <= {each.person for each in request.reviews}


def _countered(request: Request) -> bool:
    return undecided(request) and request.counter is not None
