"""Random lives of a policy file, with a crash at each write: none looser is in force that nobody accepted."""

import logging
import shutil
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from approvals.freezes import freezing
from approvals.policy.reading.parse import digest_of
from approvals.requests import Request, undecided
from approvals.uses.changing import held, request_of
from bot.policy_file import PolicyFile
from tests.chaos.setting import Setting
from tests.chaos.trouble import Crash
from tests.support.world import BOB, CAROL, DAN, POLICY

CRASH = st.sampled_from([None, None, 0, 1, 2, 3, 4])
CHANGE = "change: {approvers: [bob@example.com, carol@example.com], needed: 2}\nentitlements:"
ACCEPTING = frozenset({BOB, CAROL})


class File(NamedTuple):
    """What a policy file gives to how many: known here without comparing any two of them as the program does."""

    roles: frozenset[str]
    needed: int

    @property
    def text(self) -> str:
        roles = f"[{', '.join(sorted(self.roles))}]"
        wide = POLICY.replace("entitlements:", CHANGE, 1).replace("[roles/run.admin]", roles, 1)
        return wide.replace("needed: 1", f"needed: {self.needed}", 1)

    @property
    def digest(self) -> str:
        return digest_of(self.text.encode())

    def is_looser_than(self, other: "File") -> bool:
        return not self.roles <= other.roles or self.needed < other.needed


ADMIN, DEVELOPER = "roles/run.admin", "roles/run.developer"
FILES = [
    File(roles=frozenset(roles), needed=needed)
    for roles in ([ADMIN], [DEVELOPER], [ADMIN, DEVELOPER])
    for needed in (1, 2)
]
BY_DIGEST = {each.digest: each for each in FILES}


class Policies(Setting):
    """A file that is edited, two processes that look at it, and people who accept, deny and come too late."""

    def __init__(self) -> None:
        super().__init__()
        self.path = self.folder / "policy.yaml"
        self.files: list[PolicyFile] = []
        self.pressed: dict[tuple[str, str], set[str]] = {}
        self.seen = 0

    def teardown(self) -> None:
        logging.disable(logging.NOTSET)
        self.disk.close()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        self.path.write_text(FILES[1].text)
        self.files = [self.started(), self.started()]
        self.look(0, None)

    def started(self) -> PolicyFile:
        file = PolicyFile(self.path, store=self.world.store, clock=self.clock)
        file.record()
        file.join(self.world.core(policy=file.current).changing)
        return file

    @property
    def in_force(self) -> str:
        kept = self.disk.last_good()
        assert kept is not None
        return kept.digest

    @rule(file=st.sampled_from(FILES), taken_up=st.booleans(), crash=CRASH)
    def write(self, file: File, taken_up: bool, crash: int | None = None) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(file.text)
        fresh.replace(self.path)
        if taken_up:
            self.look(0, crash)
            self.look(0, None)

    @rule(which=st.integers(0, 1), crash=CRASH)
    def look(self, which: int, crash: int | None) -> None:
        """One process looks, as each does every second. After a death it starts again, in all it does."""
        self.doom.left = crash
        try:
            self.files[which].refresh()
        except Crash:
            self.world.restart()
            self.files[which] = self.started()
        finally:
            self.doom.left = None
        self.world.policy = self.files[which].current()

    @rule(who=st.sampled_from([BOB, CAROL, DAN]), verdict=st.sampled_from(["approve", "approve", "deny"]))
    @precondition(lambda self: self.asked is not None)
    def press(self, who: str, verdict: Any) -> None:
        self.accept(who, verdict, None)

    @rule(late=st.sampled_from([None, *FILES]), crash=CRASH)
    @precondition(lambda self: self.asked is not None)
    def both_accept(self, late: File | None, crash: int | None) -> None:
        """What it takes; maybe the file is another one by then."""
        for who in sorted(ACCEPTING):
            self.accept(who, "approve", crash)
        if late is not None:
            self.write(late, taken_up=False)
        self.look(0, crash)

    @rule(crash=st.sampled_from([None, 2, 3, 4, 5, 6, 7, 8]))
    @precondition(lambda self: self.asked is not None)
    def back_and_forth(self, crash: int | None) -> None:
        """It is accepted, taken back, and written once more: that is another one to accept."""
        _, hold = held(self.disk)
        before, wanted = BY_DIGEST[hold.in_force], BY_DIGEST[hold.digest]
        for who in sorted(ACCEPTING):
            self.accept(who, "approve", None)
        for file in (None, before, wanted):
            if file is not None:
                self.write(file, taken_up=False)
            self.look(0, crash if file is None else None)
            self.look(0, None)

    def accept(self, who: str, verdict: Any, crash: int | None) -> None:
        asked, (_, hold) = self.asked, held(self.disk)
        if asked is None:
            return
        if verdict == "approve":
            self.pressed.setdefault((hold.in_force, hold.digest), set()).add(who)
        self.attempt(lambda: self.world.press(who, asked, verdict), crash=crash)

    @property
    def asked(self) -> Request | None:
        """The request for what is held, while it waits."""
        number, hold = held(self.disk)
        found = request_of(self.disk, number) if hold.digest else None
        return found if found is not None and undecided(found) else None

    @rule(frozen=st.sampled_from([True, False, False]))
    def freeze_or_thaw(self, frozen: bool) -> None:
        move: Callable[..., object] = freezing.freeze if frozen else freezing.thaw
        move(self.disk, by="os:root", why=None, now=self.clock())

    @rule(seconds=st.sampled_from([1, 61, 3700]))
    def time_goes_by(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.sweep()

    @invariant()
    def no_looser_one_was_in_force_that_two_did_not_accept(self) -> None:
        loaded = [each.detail["digest"] for each in self.disk.entries("") if each.action == "policy.loaded"]
        for before, now in list(pairwise(loaded))[self.seen :]:
            self.seen += 1
            if BY_DIGEST[now].is_looser_than(BY_DIGEST[before]):
                # What was accepted serves once.
                assert self.pressed.pop((before, now), set()) >= ACCEPTING
        assert not loaded or loaded[-1] == self.in_force

    @invariant()
    def what_was_narrowed_is_in_force_once_it_was_looked_at(self) -> None:
        if not self.files:
            return
        written = BY_DIGEST[digest_of(self.path.read_bytes())]
        if not written.is_looser_than(BY_DIGEST[self.in_force]):
            self.look(0, None)
            self.look(0, None)
            assert self.in_force == written.digest


TestPolicies = pytest.mark.timeout(1200)(Policies.TestCase)
TestPolicies.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
