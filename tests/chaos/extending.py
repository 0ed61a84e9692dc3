"""Random lives in which access is extended, and what continues it is approved, with a crash at any write."""

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from approvals.requests import Request, lives, undecided
from approvals.targets import resources
from tests.chaos.life import Life
from tests.support.world import BOB, CAROL, DAN


class Extending(Life):
    """What may happen to access that lives, beside all else."""

    @rule(which=st.integers(0, 5), minutes=st.sampled_from([1, 20, 90]), crash=st.none() | st.integers(0, 3))
    @precondition(lambda self: any(map(lives, self.requests())) and len(self.ids) < 9)
    def extend(self, which: int, minutes: int, crash: int | None) -> None:
        """Its holder wants what lives for longer; whoever else approves is asked, and asked again by `press`."""
        request = self.pick(which, lives)
        key = f"extend {len(self.ids)}"
        self.attempt(lambda: self.world.extend(request.requester, request, minutes=minutes, key=key), crash=crash)
        self.discover()

    @rule(which=st.integers(0, 5), crash=st.none() | st.integers(0, 12))
    @precondition(lambda self: any(map(_continued, self.requests())))
    def approve_what_continues(self, which: int, crash: int | None) -> None:
        """What there is of access is there at every moment of the write that lets it last longer."""
        request = self.pick(which, _continued)
        older = self.read(request.terms.extends)
        before = lives(older) and self.ice is None and self.access(older)
        for who in (BOB, CAROL, DAN):
            self.vote(who, request, "approve")
        for place in resources(request.terms.targets):
            self.attempt(partial(self.world.reconciler.subject, f"binding:{place}"), crash=crash)
        if before and lives(self.read(older.id)) and older.id not in self.touched:
            assert self.access(older)


def _continued(request: Request) -> bool:
    return undecided(request) and bool(request.terms.extends)
