"""Random lives in which access is asked for that begins later, with a crash at any write."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from approvals.requests import Request
from approvals.starting import scheduled
from tests.chaos.life import Life
from tests.support.world import BOB, CAROL, DAN


class Starting(Life):
    """What may happen to access whose time has not come, beside all else."""

    @rule(
        what=st.sampled_from(["admin", "pair", "logs", "incident", "friday"]),
        ahead=st.sampled_from([30, 240, 1500]),
        minutes=st.sampled_from([1, 20, 90]),
        crash=st.none() | st.integers(0, 12),
    )
    @precondition(lambda self: len(self.ids) < 7)
    def ask_for_later(self, what: str, ahead: int, minutes: int, crash: int | None) -> None:
        """It is asked for and mostly approved at once, so that its start has something to begin."""
        start = timedelta(seconds=ahead)
        self.attempt(lambda: self.world.file_from(start, minutes=minutes, entitlement=what), crash=crash)
        before = set(self.ids)
        self.discover()
        for new in (each for each in self.ids if each not in before):
            for who in (BOB, CAROL, DAN):
                self.vote(who, self.read(new), "approve")

    @rule(crash=st.none() | st.integers(0, 12))
    @precondition(lambda self: any(map(scheduled, self.requests())))
    def its_time_comes(self, crash: int | None) -> None:
        """The clock reaches the first start there is, and the program dies or does not."""
        self.clock.advance(max(0, (min(map(_start, self.waiting())) - self.clock()).total_seconds()))
        self.granter.arrive(self.clock())
        self.attempt(self.sweep, crash=crash)

    def bindings_are_as_granted(self) -> None:
        """Once everything has had its turn, what waits waits for a time to come."""
        super().bindings_are_as_granted()
        for request in self.waiting():
            assert self.clock() < _start(request)

    def waiting(self) -> list[Request]:
        return [request for request in self.requests() if scheduled(request)]


def _start(request: Request) -> datetime:
    assert request.grant is not None
    return request.grant.window.start
