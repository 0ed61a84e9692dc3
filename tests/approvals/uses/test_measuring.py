"""What many requests come to: times until people decided, outcomes, who was not heard, what nobody asked for."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from approvals.numbers import OFTEN, Count, Numbers, Silent, Unasked
from approvals.policy.model import Requirement, Stage
from approvals.refusals.errors import NotFound, Unavailable
from approvals.requests import Decision, Request
from approvals.uses import measuring
from approvals.uses.measuring import Lists, listed
from tests.approvals.uses.test_seeing import looked_at_by
from tests.support.builders import NOW, filed, review, terms
from tests.support.damage import spoil
from tests.support.fridays import KINDS
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy

STAGES = Requirement(
    kind="stages",
    stages=(
        Stage(approvers=(f"user:{BOB}", f"user:{CAROL}", f"user:{ALICE}"), needed=1),
        Stage(approvers=(f"user:{DAN}",), needed=1),
    ),
)
_numbers = iter(range(10_000))


def decided(
    outcome: Any, *, after: int = 0, at: datetime = NOW, by: tuple[str, ...] = (BOB,), **more: Any
) -> Request:
    """A request of alice's that was decided so many seconds after it was filed."""
    asked = terms(entitlement=more.pop("entitlement", "admin"), requirement=more.pop("requirement", STAGES))
    decision = Decision(outcome=outcome, at=at + timedelta(seconds=after), by=by)
    change = filed(
        f"r-{next(_numbers):010}", terms=asked, filed=at, updated=at, state=outcome, decision=decision, **more
    )
    return change.request


def counted(*requests: Request, now: datetime = NOW) -> Numbers:
    count = Count(policy())
    for each in requests:
        count.add(each)
    return count.numbers(since=NOW, until=now, whole=True, unreviewed=0)


def test_what_people_did_not_decide_has_no_time() -> None:
    automatic = Requirement(kind="self")
    found = counted(
        decided("expired", after=3600, by=()),
        decided("withdrawn", after=60, by=(ALICE,)),
        decided("approved", after=0, by=(), requirement=automatic),
        decided("approved", after=0, by=(ALICE,), requirement=automatic),
    )

    (admin,) = found.entitlements
    assert (admin.asked, admin.decided, admin.median, admin.ninth) == (4, 0, None, None)
    assert found.outcomes == {"approved": 2, "expired": 1, "withdrawn": 1}


def test_half_and_nine_of_ten_are_told_by_entitlement_and_by_week() -> None:
    week = timedelta(days=7)
    first = [decided("approved", after=minutes * 60) for minutes in range(1, 11)]
    later = decided("denied", after=7200, at=NOW + week, entitlement="pair")

    found = counted(*first, later)

    assert [(each.name, each.title, each.decided, each.median, each.ninth) for each in found.entitlements] == [
        ("admin", "Payments administration", 10, 330, 540),
        ("pair", "Payments data", 1, 7200, 7200),
    ]
    monday = NOW - timedelta(days=NOW.weekday())
    assert [(each.name, each.asked, each.median) for each in found.weeks] == [
        (f"{monday:%Y-%m-%d}", 10, 330),
        (f"{monday + week:%Y-%m-%d}", 1, 7200),
    ]
    assert found.unused == (Unasked(name="logs", title="Payments logs"),)


def test_nobody_is_said_not_to_be_heard_who_voted_or_asked_or_had_little_or_nothing_to_answer() -> None:
    bobs = review(BOB)

    once_less = counted(*(decided("denied", reviews=(bobs,)) for _ in range(OFTEN - 1)))
    withdrawn = counted(*(decided("withdrawn", by=(ALICE,)) for _ in range(OFTEN)))
    # Whoever asked decides nothing of it, and the second step was never reached.
    denied = counted(*(decided("denied", reviews=(bobs,)) for _ in range(OFTEN)))
    approved = counted(*(decided("approved", reviews=(bobs,)) for _ in range(OFTEN)))

    assert (once_less.silent, withdrawn.silent) == ((), ())
    assert denied.silent == (Silent(person=CAROL, asked=OFTEN),)
    assert approved.silent == (Silent(person=CAROL, asked=OFTEN), Silent(person=DAN, asked=OFTEN))


def test_one_vote_in_all_that_time_is_to_be_heard() -> None:
    unheard = [decided("denied", reviews=(review(BOB),)) for _ in range(OFTEN)]

    assert counted(*unheard).silent == (Silent(person=CAROL, asked=OFTEN),)
    assert counted(*unheard, decided("denied", reviews=(review(CAROL),))).silent == ()


def test_members_of_directory_groups_are_heard_or_not_as_well_where_somebody_lists_them(world: World) -> None:
    looked_at_by(world, f"user:{GWEN}")
    group = Requirement(kind="stages", stages=(Stage(approvers=(f"group:{APPROVERS}",)),))
    world.people.groups[APPROVERS] = {BOB, CAROL, "eve@elsewhere.example"}
    votes = [decided("denied", reviews=(review(BOB),), requirement=group) for _ in range(OFTEN)]

    def numbers(lists: Lists | None) -> Numbers:
        count = Count(world.policy, members=listed(world.policy, lists))
        for each in votes:
            count.add(each)
        return count.numbers(since=NOW, until=NOW, whole=True, unreviewed=0)

    assert numbers(world.people).silent == (Silent(person=CAROL, asked=OFTEN),)
    assert numbers(world.people).unlisted == ()
    asked = [question for question in world.people.asked if question == ("members", APPROVERS)]
    assert len(asked) == 2, "once for each look"
    assert (numbers(None).silent, numbers(None).unlisted) == ((), (f"group:{APPROVERS}",))
    world.people.down = True
    assert numbers(world.people).unlisted == (f"group:{APPROVERS}",)


def test_who_is_quiet_is_not_said_not_to_be_heard() -> None:
    quiet = msgspec.structs.replace(policy().entitlements["admin"], quiet=(f"user:{CAROL}",))
    count = Count(msgspec.structs.replace(policy(), entitlements={"admin": quiet}))
    for _ in range(OFTEN):
        count.add(decided("denied", reviews=(review(BOB),)))

    assert count.numbers(since=NOW, until=NOW, whole=True, unreviewed=0).silent == ()


@pytest.mark.parametrize("who", [ALICE, BOB, GWEN])
def test_whoever_may_not_look_at_everything_is_told_of_no_such_page(world: World, who: str) -> None:
    looked_at_by(world, f"user:{CAROL}")

    with pytest.raises(NotFound):
        world.uses.measuring.numbers(world.identity(who), now=world.clock())


def test_while_that_cannot_be_known_there_are_no_numbers(world: World) -> None:
    looked_at_by(world, "group:audit@example.com")
    identity = world.identity(GWEN)
    world.people.down = True

    with pytest.raises(Unavailable):
        world.uses.measuring.numbers(identity, now=world.clock())


def test_numbers_are_of_the_window_and_of_so_many_at_most_and_say_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at_by(world, f"user:{GWEN}")
    old = world.file(ALICE, "admin")
    world.clock.advance(measuring.WINDOW.total_seconds())
    made = []
    for who, what in ((GWEN, "pair"), (ALICE, "logs"), (BOB, "logs")):
        world.clock.advance(1)
        made.append(world.file(who, what))

    def numbers() -> Numbers:
        return world.uses.measuring.numbers(world.identity(GWEN), now=world.clock())

    assert old.terms.entitlement == "admin"
    assert (numbers().read, numbers().whole, [each.name for each in numbers().unused]) == (3, True, ["admin"])
    monkeypatch.setattr(measuring, "_STEP", 1)
    monkeypatch.setattr(measuring, "MOST", 2)
    assert (numbers().read, numbers().whole, numbers().since) == (2, False, made[1].filed)
    spoil(world.store, made[0])
    monkeypatch.setattr(measuring, "MOST", 9)
    assert (numbers().read, numbers().whole) == (2, False)
    spoil(world.store, made[0], msgspec.json.encode(made[0]))


@pytest.mark.parametrize("kind", KINDS)
def test_what_grants_nothing_counts_as_what_does(world: World, kind: str) -> None:
    world.policy = policy(*KINDS[kind])
    looked_at_by(world, f"user:{GWEN}")
    stands, denied = world.file(), world.file()
    world.clock.advance(60)
    world.press(BOB, stands)
    world.press(CAROL, denied, "deny", comment="Not now")

    found = world.uses.measuring.numbers(world.identity(GWEN), now=world.clock())

    (admin,) = found.entitlements
    assert (admin.name, admin.asked, admin.decided, admin.median) == ("admin", 2, 2, 60)
    assert found.outcomes == {"approved": 1, "denied": 1}
    assert "admin" not in [each.name for each in found.unused]
