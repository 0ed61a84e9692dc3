"""Memberships of groups: made for a time, ended with it, and never those of others."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from approvals.grants import Window
from approvals.refusals.errors import Refused
from approvals.refusals.reasons import Reason
from approvals.requests import Request
from handlers.wording.refusing.refusals import worded
from sandbox.google import Fault
from tests.support.fridays import GROUP
from tests.support.joining import Joined
from tests.support.world import ALICE, BOB, GWEN


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Joined]:
    world = Joined(tmp_path)
    yield world
    world.close()


def window(request: Request) -> Window:
    assert request.grant is not None
    return request.grant.window


def cause(request: Request) -> str:
    assert request.grant is not None
    found = request.grant.cause
    return found.code if isinstance(found, Reason) else found


def trouble(request: Request) -> str:
    assert request.grant is not None
    assert isinstance(request.grant.trouble, Reason)
    return request.grant.trouble.code


OTHERS: list[tuple[str, float | None, tuple[str, ...]]] = [
    ("a standing membership", None, ()),
    ("a membership that ends, by somebody else", 5_000_000_000.0, ()),
    ("an owner", None, ("OWNER",)),
]


@pytest.mark.parametrize(("_", "until", "roles"), OTHERS, ids=[each[0] for each in OTHERS])
def test_who_is_in_the_group_by_somebody_else_is_refused_before_anybody_is_asked(
    world: Joined, _: str, until: float | None, roles: tuple[str, ...]
) -> None:
    world.google.groups.put(GROUP, ALICE, until=until, roles=roles)
    before = world.held()

    with pytest.raises(Refused) as refused:
        world.file()

    assert refused.value.code == "group.held"
    assert world.held() == before


@pytest.mark.parametrize(("_", "until", "roles"), OTHERS, ids=[each[0] for each in OTHERS])
def test_who_was_let_in_by_somebody_else_meanwhile_is_left_as_they_are(
    world: Joined, _: str, until: float | None, roles: tuple[str, ...]
) -> None:
    request = world.approved()
    world.google.groups.put(GROUP, ALICE, until=until, roles=roles)
    before = world.held()

    world.passes(60)

    assert world.state(request) == "failed"
    assert cause(world.read(request)) == "group.held"
    assert world.held() == before


def test_a_group_that_cannot_be_looked_at_lets_nobody_in(world: Joined) -> None:
    world.google.faults.set(Fault(method="groups.lookup", status=503))

    with pytest.raises(Refused) as refused:
        world.file()

    assert refused.value.code == "group.unread"


def test_whoever_is_approved_is_in_the_group_until_their_time_is_over(world: Joined) -> None:
    request = world.granted()

    assert world.held() == {ALICE: window(request).end}
    world.passes(3700, step=60)
    assert world.held() == {}
    assert world.state(request) == "ended"
    assert world.read(request).grants[0].removed


def test_google_ends_it_where_nobody_here_does(world: Joined) -> None:
    world.granted()
    world.clock.advance(3600)

    assert world.held() == {}


def test_who_ends_it_early_is_out_at_once_and_others_stay(world: Joined) -> None:
    world.google.groups.put(GROUP, GWEN)
    request = world.granted()

    world.end(ALICE, request)
    world.pass_()

    assert world.held() == {GWEN: None}
    assert world.read(request).grants[0].removed


def test_an_extension_lets_it_end_later_without_a_gap(world: Joined) -> None:
    world.policy = world.extendable()
    request = world.granted()
    world.clock.advance(1800)
    more = world.extend(ALICE, request)
    world.press(BOB, more)
    world.pass_()

    assert world.held() == {ALICE: window(request).end + timedelta(hours=1)}
    assert world.wire.sent == 2
    world.passes(3600, step=60)
    assert world.held() == {ALICE: window(request).end + timedelta(hours=1)}
    world.passes(3700, step=60)
    assert world.held() == {}


def test_what_ends_of_two_leaves_the_other_as_long_as_it_lasts(world: Joined) -> None:
    long, short = world.granted(minutes=120), world.granted(minutes=60)
    assert world.held() == {ALICE: window(long).end}

    world.end(ALICE, long)
    world.pass_()

    assert world.held() == {ALICE: window(short).end}
    world.end(ALICE, short)
    world.pass_()
    assert world.held() == {}


def test_gone_means_gone(world: Joined) -> None:
    request = world.granted()
    world.google.groups.take(GROUP, ALICE)

    world.passes(120)

    assert world.held() == {}
    assert world.state(request) == "revoked"
    assert cause(world.read(request)) == "outside"


def test_what_somebody_made_last_longer_is_theirs_from_then_on(world: Joined) -> None:
    request = world.granted()
    later = (world.clock() + timedelta(days=9)).timestamp()
    world.google.groups.put(GROUP, ALICE, until=later)

    world.passes(120)

    assert world.state(request) == "revoked"
    assert world.held() == {ALICE: datetime.fromtimestamp(later, UTC)}


def test_a_change_between_look_and_change_is_seen_and_kept(world: Joined) -> None:
    """A membership has no etag: it is read just before it is changed."""
    request = world.granted()
    world.end(ALICE, request)
    world.wire.writes.append(lambda: world.google.groups.put(GROUP, ALICE))

    world.passes(120)

    assert world.held() == {ALICE: None}
    assert world.read(request).grants[0].removed


@pytest.mark.parametrize("how", ["lost", "late"])
def test_a_call_whose_answer_does_not_come_is_made_once(world: Joined, how: str) -> None:
    request = world.approved()
    world.wire.writes.append(how)  # type: ignore[arg-type]
    world.pass_()
    world.wire.land()
    world.passes(120)

    assert world.state(request) == "active"
    assert world.held() == {ALICE: window(request).end}
    world.end(ALICE, request)
    world.passes(60)
    assert world.held() == {}


@pytest.mark.parametrize("status", [409, 429, 500, 503, 504])
@pytest.mark.parametrize("method", ["memberships.create", "memberships.delete"])
def test_what_google_does_not_do_now_is_done_later(world: Joined, method: str, status: int) -> None:
    world.google.faults.set(Fault(method=method, status=status, times=3))
    request = world.approved()
    world.passes(300)
    assert world.held() == {ALICE: window(request).end}
    assert world.state(request) == "active"

    world.end(ALICE, request)
    world.passes(300)
    assert world.held() == {}
    assert world.read(request).grants[0].removed


def test_a_membership_that_is_refused_for_good_fails_and_says_why(world: Joined) -> None:
    world.google.groups.dynamic.add(GROUP)
    request = world.approved()
    world.passes(60)

    found = world.read(request)
    assert world.state(request) == "failed"
    assert "dynamic group" in worded(found.grants[0].cause)


@pytest.mark.parametrize("lacking", ["writable", "premium"])
def test_what_an_administrator_can_mend_is_told_and_waits(world: Joined, lacking: str) -> None:
    request = world.approved()
    setattr(world.google.groups, lacking, False)
    world.passes(60)
    assert world.state(request) == "activating"
    assert trouble(world.read(request)) == "group.forbidden"

    setattr(world.google.groups, lacking, True)
    world.passes(600)
    assert world.state(request) == "active"
    assert world.held() == {ALICE: window(request).end}


def test_nobody_is_kept_out_by_somebody_else_who_is_refused(world: Joined) -> None:
    mine, theirs = world.file(ALICE), world.file(GWEN)
    for each in (mine, theirs):
        world.press(BOB, each)
    world.google.groups.put(GROUP, ALICE)
    world.passes(30)

    assert (world.state(mine), world.state(theirs)) == ("failed", "active")
    assert world.held() == {ALICE: None, GWEN: window(world.read(theirs)).end}


def test_a_group_that_is_gone_is_said_and_nothing_is_taken_for_removed(world: Joined) -> None:
    request = world.granted()
    members = world.held()
    world.google.remove_group(GROUP)
    world.end(ALICE, request)
    world.passes(60)
    assert trouble(world.read(request)) == "group.hidden"
    assert not world.read(request).grants[0].removed

    world.google.set_group(GROUP, ())
    world.passes(600)
    assert members
    assert world.read(request).grants[0].removed


def test_nobody_is_let_in_while_everything_is_frozen_and_who_is_in_can_be_taken_out(world: Joined) -> None:
    standing, waiting = world.granted(), world.file(GWEN)
    world.press(BOB, waiting)
    world.freeze_()
    world.passes(60)
    assert set(world.held()) == {ALICE}

    world.end(ALICE, standing)
    world.passes(30)
    assert world.held() == {}
    world.thaw_()
    world.passes(60)
    assert set(world.held()) == {GWEN}


def test_what_was_approved_before_a_restore_is_not_made_after_it(world: Joined) -> None:
    request = world.approved()
    world.restored()
    world.passes(60)

    assert world.state(request) == "failed"
    assert cause(world.read(request)) == "grant.restored"
    assert world.held() == {}


def test_a_person_of_another_address_at_google_is_not_let_in_unseen(world: Joined) -> None:
    world.google.groups.aliases[ALICE] = "a.smith@corp.example.com"
    request = world.approved()
    world.passes(30)

    assert world.state(request) == "failed"
    assert cause(world.read(request)) == "group.other"
    assert world.held() == {}
