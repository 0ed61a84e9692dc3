"""Random lives of requests, with crashes and lies at every step; after each one nothing forbidden may be true."""

import logging
import shutil
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from approvals.freezes import freezing
from approvals.grants import LIVE
from approvals.requests import Request
from approvals.reviews import Verdict
from tests.chaos.bundles import offering
from tests.chaos.extending import Extending
from tests.chaos.offering import Offering
from tests.chaos.setting import DECIDERS
from tests.chaos.starting import Starting
from tests.chaos.trouble import Fate
from tests.support.builders import RESOURCE
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN

PEOPLE = [ALICE, GWEN, BOB]
FATES: list[Fate] = ["well", "dropped", "lost", "late", "refused"]
DROPPED: list[Fate] = ["dropped"] * 8
IN_FLIGHT: list[Fate] = ["late", "late", "lost", "well"]
SOME_FATES = st.lists(st.sampled_from(FATES), max_size=6)
LOOKALIKE = "JIT access activation"


class Lives(Extending, Offering, Starting):
    """What may happen, in any order."""

    def teardown(self) -> None:
        try:
            self.last_things()
        finally:
            logging.disable(logging.NOTSET)
            self.disk.close()
            shutil.rmtree(self.folder)

    def last_things(self) -> None:
        """Everything has had its turn; then every window is over."""
        self.settle()
        self.nothing_is_left_to_do()
        self.nothing_forbidden_is_true()
        self.clock.advance(5 * 3600)
        self.settle()
        assert self.ours() == []
        self.nothing_forbidden_is_true()

    # --- what people do

    @initialize()
    def begin(self) -> None:
        self.attempt(lambda: self.world.file(ALICE, minutes=20))
        self.discover()

    @rule(
        who=st.sampled_from(PEOPLE),
        what=st.sampled_from(["admin", "pair", "pair", "logs", "incident", "incident", "friday"]),
        minutes=st.sampled_from([1, 5, 20, 90]),
        crash=st.none() | st.integers(0, 3),
    )
    @precondition(lambda self: len(self.ids) < 6)
    def file(self, who: str, what: str, minutes: int, crash: int | None) -> None:
        self.attempt(lambda: self.world.file(who, what, minutes=minutes), crash=crash)
        self.discover()

    @rule(
        who=st.sampled_from(DECIDERS),
        which=st.integers(0, 5),
        verdict=st.sampled_from(["approve", "approve", "approve", "approve", "deny"]),
        crash=st.none() | st.integers(0, 3),
    )
    @precondition(lambda self: bool(self.ids))
    def press(self, who: str, which: int, verdict: Verdict, crash: int | None) -> None:
        request, comment = self.pick(which, _pending), f"look {which}" if which % 2 else ""
        self.vote(who, request, verdict, crash=crash, comment=comment)

    @rule(who=st.sampled_from(DECIDERS), which=st.integers(0, 5), crash=st.none() | st.integers(0, 3))
    @precondition(lambda self: bool(self.ids))
    def take_back(self, who: str, which: int, crash: int | None) -> None:
        request, deciding = self.pick(which, _pending), self.world.uses.deciding
        self.attempt(
            lambda: deciding.take_back(self.world.identity(who), request.id, now=self.clock()), crash=crash
        )

    @rule(which=st.integers(0, 5), crash=st.none() | st.integers(0, 3))
    @precondition(lambda self: bool(self.ids))
    def withdraw(self, which: int, crash: int | None) -> None:
        request, ending = self.pick(which, _pending), self.world.uses.ending
        self.attempt(
            lambda: ending.withdraw(self.world.identity(request.requester), request.id, now=self.clock()),
            crash=crash,
        )

    @rule(who=st.sampled_from(DECIDERS), which=st.integers(0, 5), crash=st.none() | st.integers(0, 3))
    @precondition(lambda self: bool(self.ids))
    def end(self, who: str, which: int, crash: int | None) -> None:
        request = self.pick(which, _live)
        done = self.attempt(lambda: self.world.end(who, request), crash=crash)
        if done is not None:
            assert self.read(request.id).grant.state not in LIVE  # type: ignore[union-attr]

    @rule(
        which=st.integers(0, 5),
        fate=st.sampled_from(IN_FLIGHT),
        ends=st.booleans(),
        crash=st.none() | st.integers(0, 8),
    )
    @precondition(lambda self: bool(self.ids))
    def approve_work_and_end(self, which: int, fate: Fate, ends: bool, crash: int | None) -> None:
        """The shortest way to a write in flight whose grant has just ended."""
        request = self.pick(which, _pending)
        for who in (BOB, CAROL, DAN):
            self.vote(who, request, "approve")
        # No later attempt of this pass may use up the etag, or what is late could not arrive any more.
        self.fates.writes = [fate, *DROPPED]
        subject = f"binding:{RESOURCE}"
        self.attempt(lambda: self.world.reconciler.subject(subject), crash=crash)
        if ends:
            self.attempt(lambda: self.world.end(request.requester, request))
        self.fates.writes = []
        self.sweep()

    # --- what the program does

    @rule(crash=st.none() | st.integers(0, 60), fates=SOME_FATES, writes=SOME_FATES)
    def sweep_in_trouble(self, crash: int | None, fates: list[Fate], writes: list[Fate]) -> None:
        self.fates.coming, self.fates.writes = fates, writes
        self.attempt(self.sweep, crash=crash)
        self.fates.coming, self.fates.writes = [], []

    @rule()
    def settle(self) -> None:
        """Let things go well for long enough that everything has had its turn."""
        self.world.people.down = False
        self.thaw(None)
        for _ in range(14):
            self.pass_time(25)
            self.sweep()
            # Now: what rests on people who may approve is judged by the minute in which it was approved.
            self.windows_stand()
        # A window may have ended just now: what that woke has its turn as well.
        for _ in range(3):
            self.sweep()
            self.windows_stand()
        self.cards_are_true()
        self.bindings_are_as_granted()
        self.nobody_is_revoked_without_cause()

    # --- what happens around it

    @rule(crash=st.none() | st.integers(0, 1))
    @precondition(lambda self: self.ice is None and any(map(_live, self.requests())))
    def freeze(self, crash: int | None) -> None:
        """While there is access, so that what could be widened is there."""
        self.attempt(
            lambda: freezing.freeze(self.world.store, by="os:root", why=None, now=self.clock()), crash=crash
        )
        self.note_freeze()

    @rule(crash=st.none() | st.integers(0, 1))
    @precondition(lambda self: self.ice is not None)
    def thaw(self, crash: int | None) -> None:
        self.attempt(
            lambda: freezing.thaw(self.world.store, by="os:root", why=None, now=self.clock()), crash=crash
        )
        self.note_freeze()

    @rule(seconds=st.sampled_from([1, 9, 11, 31, 61, 240, 1201, 3700]))
    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.granter.arrive(self.clock())
        # Here, before anything can be mended: what arrives late must have been expected.
        self.what_is_removed_is_gone()

    @rule(who=st.sampled_from([BOB, CAROL, DAN]))
    def approver_leaves_or_returns(self, who: str) -> None:
        members = self.world.people.groups[APPROVERS]
        if who in members:
            members.discard(who)
            self.left_at[who] = self.clock()
        else:
            members.add(who)

    @rule(down=st.booleans())
    def directory_goes_down_or_comes_back(self, down: bool) -> None:
        self.world.people.down = down

    @rule(
        change=st.sampled_from(
            [
                (),
                (("needed: 1", "needed: 2"),),
                (("id: admin", "id: renamed"),),
                (('  channel: "#access"\n', ""),),
                (("needed: 2", "needed: 1"),),
            ]
        )
    )
    def policy_is_edited(self, change: tuple[tuple[str, str], ...]) -> None:
        self.world.policy = offering(*change)
        for request in self.requests():
            self.disk.wake(f"request:{request.id}", due=self.clock())

    @rule(number=st.integers(0, 2))
    @precondition(lambda self: len(self.foreign) < 4)
    def somebody_adds_a_binding(self, number: int) -> None:
        self.added += 1
        made = _foreign(number, self.added)
        if number == 0 and not all("condition" in binding for binding in self.foreign):
            return  # IAM joins two lasting bindings of one role
        self.foreign.append(made)
        self.cloud.edit(RESOURCE, lambda p: p["bindings"].append(made))

    @rule()
    @precondition(lambda self: bool(self.foreign))
    def somebody_removes_their_binding(self) -> None:
        gone = self.foreign.pop(0)
        self.cloud.edit(RESOURCE, lambda p: p["bindings"].remove(gone))

    @rule()
    @precondition(lambda self: bool(self.ours()))
    def somebody_removes_our_bindings_by_hand(self) -> None:
        live = [r for r in self.requests() if r.grant and r.grant.state in LIVE]
        carried = [r for r in live if self.access(r, on=[RESOURCE])]
        self.touched |= {r.id for r in carried}
        self.struck |= {r.id for r in carried if r.grant and r.grant.state == "active"}
        self.cloud.edit(RESOURCE, lambda p: p.update(bindings=list(self.foreign)))

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: bool(self.room.messages))
    def somebody_deletes_a_message(self, which: int) -> None:
        messages = list(self.room.messages.values())
        messages[which % len(messages)].deleted = True

    @invariant()
    def nothing_forbidden(self) -> None:
        self.nothing_forbidden_is_true()


def _pending(request: Request) -> bool:
    return request.state == "pending"


def _live(request: Request) -> bool:
    return request.grant is not None and request.grant.state in LIVE


def _foreign(number: int, salt: int) -> dict[str, Any]:
    """A lasting binding of the same role, somebody's own condition, or a typed copy of our mark."""
    lasting = {"role": "roles/run.admin", "members": [f"user:{ALICE}", f"group:ops{salt}@example.com"]}
    text = f'(request.time >= timestamp("2026-11-21T00:00:{salt:02}Z"))'
    condition = {"title": LOOKALIKE if number == 2 else "own", "description": "", "expression": text}
    if number == 0:
        return lasting
    if number == 2:
        condition["description"] = f"Approved by {BOB}; countersign:0000000000/r-00000000{salt:02}"
    return {
        "role": "roles/run.admin",
        "members": [f"user:{ALICE}"],
        "condition": {name: value for name, value in condition.items() if value},
    }


def lives(count: int, *, steps: int) -> settings:
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


TestLives = pytest.mark.long(pytest.mark.timeout(1800)(Lives.TestCase))
TestLives.settings = lives(420, steps=40)
