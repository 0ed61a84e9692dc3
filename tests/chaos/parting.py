"""Random lives in which entitlements and people are frozen by name, and people leave: a crash at any write."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from approvals.freezes import parting
from approvals.grants import LIVE
from approvals.parts import Kind, Part
from approvals.reconcile.leavers import SUBJECT
from approvals.requests import Request
from tests.chaos.bundles import begun, covers
from tests.chaos.ice import Ice, ice, nothing_was_decided, nothing_was_widened
from tests.chaos.life import Life
from tests.support.world import ALICE, BOB, DAN, GWEN

Name = tuple[Kind, str]
NAMES: list[Name] = [
    ("entitlement", "admin"),
    ("entitlement", "pair"),
    ("entitlement", "incident"),
    ("person", ALICE),
    ("person", BOB),
]
LEAVERS = [GWEN, DAN]
CRASH = st.none() | st.integers(0, 2)


class Parting(Life):
    """What may be frozen by itself, and who may go, beside all else."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: dict[Name, Ice] = {}

    @rule(name=st.sampled_from(NAMES), crash=CRASH)
    @precondition(lambda self: len(self.parts) < 2 and bool(self.ids))
    def freeze_by_name(self, name: Name, crash: int | None) -> None:
        kind, who = name
        addresses = (who,) if kind == "person" else ()
        part = Part(kind=kind, name=who, addresses=addresses, by="os:root", at=self.clock())
        self.attempt(lambda: parting.freeze(self.world.store, part, now=self.clock()), crash=crash)
        self.note_parts()

    @rule(which=st.integers(0, 1), crash=CRASH)
    @precondition(lambda self: bool(self.parts))
    def thaw_by_name(self, which: int, crash: int | None) -> None:
        kind, who = sorted(self.parts)[which % len(self.parts)]
        self.attempt(
            lambda: parting.thaw(self.world.store, kind, who, by="os:root", why=None, now=self.clock()),
            crash=crash,
        )
        self.note_parts()

    @rule(who=st.sampled_from(LEAVERS), stays=st.booleans())
    def account_is_deactivated_or_comes_back(self, who: str, stays: bool) -> None:
        self.world.people.join(who, active=stays, left=not stays)
        if stays:
            self.gone.pop(who, None)
        else:
            self.gone.setdefault(who, self.clock())

    @rule(who=st.sampled_from(LEAVERS), minutes=st.sampled_from([5, 90]), crash=st.none() | st.integers(0, 12))
    @precondition(lambda self: len(self.ids) < 7)
    def somebody_with_access_leaves(self, who: str, minutes: int, crash: int | None) -> None:
        self.attempt(lambda: self.world.file(who, "logs", minutes=minutes))
        self.discover()
        self.account_is_deactivated_or_comes_back(who, False)
        self.attempt(self.look_at_accounts, crash=crash)

    def look_at_accounts(self) -> None:
        self.world.store.wake(SUBJECT, due=self.clock())
        self.world.reconciler.subject(SUBJECT)

    def note_parts(self) -> None:
        """Remember how it was when something was frozen by name, or that it is not, whether or not it answered."""
        there = {(each.kind, each.name) for each in parting.read(self.disk).parts}
        self.parts = {name: since for name, since in self.parts.items() if name in there}
        for name in there - self.parts.keys():
            self.parts[name] = ice(self.requests(), self.ours(), self.granter.under_way)

    def let_everything_go(self) -> None:
        """Nothing is frozen by name any more, and whoever has left is looked at."""
        for kind, who in list(self.parts):
            parting.thaw(self.world.store, kind, who, by="os:root", why=None, now=self.clock())
        self.note_parts()
        self.world.store.wake(SUBJECT, due=self.clock())

    @invariant()
    def nothing_frozen_by_name_is_decided_or_given(self) -> None:
        for name, since in self.parts.items():
            held = [request for request in self.requests() if _holds(name, request)]
            assert {request.id for request in held} <= since.requests.keys()
            nothing_was_decided(since, held)
            free = begun(request for request in self.requests() if not _holds(name, request))
            theirs = [each for each in self.ours() if _is_of_one(each, held)]
            nothing_was_widened(since, theirs, self.edges(), but=lambda b, at, free=free: _covered(free, b, at))  # type: ignore[misc]
            if name[0] == "person":
                assert self.votes_of(name[1], self.requests()) == self.votes_of(name[1], since.requests.values())

    def votes_of(self, who: str, requests: Iterable[Request]) -> int:
        return sum(review.person == who for each in requests for review in each.reviews)

    def nobody_who_left_has_anything(self) -> None:
        """Once everything has had its turn."""
        for request in self.requests():
            if request.requester in self.gone:
                assert request.state != "pending"
                assert not any(grant.state in LIVE for grant in request.grants)


def _holds(name: Name, request: Request) -> bool:
    kind, who = name
    return who == (request.terms.entitlement if kind == "entitlement" else request.requester)


def _is_of_one(binding: dict[str, Any], requests: Iterable[Request]) -> bool:
    return any(binding["members"] == [f"user:{request.requester}"] for request in requests)


def _covered(free: Iterable[Request], binding: dict[str, Any], moment: datetime) -> bool:
    return any(covers(request, binding, moment) for request in free)
