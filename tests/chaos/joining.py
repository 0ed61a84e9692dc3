"""Random lives in which people are let into a group, and others let in and take out whom they like."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from approvals.grants import LIVE
from approvals.requests import Request
from approvals.targets import joined_group
from tests.chaos.life import Life
from tests.chaos.trouble import Fate
from tests.support.fridays import GROUP
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN

PEOPLE = [ALICE, GWEN]
IN_FLIGHT: list[Fate] = ["late", "late", "lost", "well"]
DROPPED: list[Fate] = ["dropped"] * 8
EVER = 4_000_000_000.0
THEIRS: list[tuple[float | None, tuple[str, ...]]] = [(None, ()), (EVER, ()), (None, ("OWNER",))]
"""What others give: for good, for a time of their own, and more than a member is."""


class Joining(Life):
    """What may happen to memberships, beside all else."""

    @rule(
        who=st.sampled_from(PEOPLE),
        minutes=st.sampled_from([1, 5, 20, 90]),
        fate=st.sampled_from(IN_FLIGHT),
        ends=st.booleans(),
        crash=st.none() | st.integers(0, 12),
    )
    @precondition(lambda self: len(self.ids) < 9)
    def join(self, who: str, minutes: int, fate: Fate, ends: bool, crash: int | None) -> None:
        """Somebody asks and is let in, dying at any write; maybe they end it while that is under way."""
        self.attempt(lambda: self.world.file(who, "team", minutes=minutes))
        before = set(self.ids)
        self.discover()
        for new in (each for each in self.ids if each not in before):
            for approver in (BOB, CAROL, DAN):
                self.vote(approver, self.read(new), "approve")
            self.fates.writes = [fate, *DROPPED]
            self.attempt(lambda: self.world.reconciler.subject(f"binding:groups/{GROUP}"), crash=crash)
            if ends:
                self.attempt(lambda new=new, who=who: self.world.end(who, self.read(new)))  # type: ignore[misc]
            self.fates.writes = []

    @rule(who=st.sampled_from(PEOPLE), how=st.sampled_from(THEIRS))
    @precondition(lambda self: len(self.seated) < 2)
    def somebody_else_lets_one_in(self, who: str, how: tuple[float | None, tuple[str, ...]]) -> None:
        """Whatever they were in it by before."""
        self.note_taken_out(who)
        until, roles = how
        self.cloud.groups.put(GROUP, who, until=until, roles=roles)
        self.seated[who] = (until, roles)

    @rule()
    @precondition(lambda self: bool(self.seated))
    def somebody_else_takes_theirs_out(self) -> None:
        who = min(self.seated)
        self.cloud.groups.take(GROUP, who)
        del self.seated[who]

    @rule(which=st.integers(0, 5))
    @precondition(lambda self: any(map(_is_seat, self.ours())))
    def somebody_else_takes_ours_out(self, which: int) -> None:
        members = [each["members"][0].partition(":")[2] for each in self.ours() if _is_seat(each)]
        who = members[which % len(members)]
        self.note_taken_out(who)
        self.cloud.groups.take(GROUP, who)

    @rule(which=st.integers(0, 5))
    @precondition(lambda self: any(map(_is_seat, self.ours())) and not self.granter.is_anything_under_way)
    def somebody_else_lets_ours_end_later(self, which: int) -> None:
        """It stays the same membership, by its name. What was sent before could not be held back."""
        members = [each["members"][0].partition(":")[2] for each in self.ours() if _is_seat(each)]
        who = members[which % len(members)]
        self.note_taken_out(who)
        name = self.cloud.groups.lookup(self.group_name, who)
        end = datetime.fromtimestamp(EVER, UTC).isoformat()
        role = {"name": "MEMBER", "expiryDetail": {"expireTime": end}}
        update = {"fieldMask": "expiry_detail.expire_time", "membershipRole": role}
        self.cloud.groups.update(name, {"updateRolesParams": [update]})
        self.seated[who] = (EVER, ())

    def note_taken_out(self, who: str) -> None:
        live = [r for r in self.requests() if r.grant and r.grant.state in LIVE and _joins(r)]
        carried = [r for r in live if r.requester == who and self.access(r)]
        self.touched |= {r.id for r in carried}
        self.struck |= {r.id for r in carried if r.grant and r.grant.state == "active"}

    @invariant()
    def nobody_elses_membership_is_touched(self) -> None:
        found = {each.member: (each.until, each.roles) for each, _ in self.cloud.groups.members(self.group_name)}
        assert {who: found.get(who) for who in self.seated} == self.seated

    @invariant()
    def nobody_is_in_for_good_by_us(self) -> None:
        for each, _ in self.cloud.groups.members(self.group_name):
            assert each.member in self.seated or (each.until is not None and not each.roles)


def _joins(request: Request) -> bool:
    return joined_group(request.terms.targets) is not None


def _is_seat(binding: dict[str, Any]) -> bool:
    return bool(binding["resource"] == f"groups/{GROUP}")
