"""Access that is extended: who can, for how long, and that nothing lies between."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from approvals.freezes import freezing
from approvals.requests import Request
from approvals.times import rfc3339
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings, during, in_force, strip, windows
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy, refused

TITLE = "title: Payments administration"
LONGER = (("max: 4h", "max: 1h"), (TITLE, f"{TITLE}\n    extend: {{max_total: 2h}}"))
SHORTER = (("max: 4h", "max: 1h"), (TITLE, f"{TITLE}\n    extend: {{max_total: 90m}}"))
MORE_ROLES = ("roles/run.viewer]", "roles/run.viewer, roles/run.invoker]")
Scene = Callable[[World], Request]


def anothers(world: World) -> Request:
    return world.granted(GWEN)


def waiting(world: World) -> Request:
    return world.file()


def ended(world: World) -> Request:
    request = world.granted()
    return world.end(ALICE, request)


def revoked_outside(world: World) -> Request:
    request = world.granted()
    world.end(BOB, request)
    return request


def over(world: World) -> Request:
    request = world.granted()
    world.clock.advance(3600)
    return request


def asked_twice(world: World) -> Request:
    request = world.granted()
    world.extend(ALICE, request, key="first")
    return request


def too_much(world: World) -> Request:
    request = world.granted()
    world.policy = policy(*LONGER)
    world.clock.advance(60)
    return world.extended(request, minutes=60)


def longer_than_one_may_be(world: World) -> Request:
    request = world.granted()
    world.policy = policy(("max: 4h", "max: 59m"), ("default: 1h", "default: 30m"))
    return request


def not_offered(world: World) -> Request:
    request = world.granted()
    world.policy = policy(("id: admin", "id: renamed"))
    return request


def of_other_roles(world: World) -> Request:
    request = world.granted()
    world.policy = policy(("roles: [roles/run.admin]", "roles: [roles/run.viewer]"))
    return request


def no_more_theirs(world: World) -> Request:
    request = world.granted()
    world.policy = policy(("requesters: [alice@example.com, bob", "requesters: [bob"))
    return request


def frozen(world: World) -> Request:
    request = world.granted()
    freezing.freeze(world.store, by="os:root", why=None, now=world.clock())
    world.freeze.epoch()
    return request


REFUSED: dict[str, tuple[Scene, str]] = {
    "another person's": (anothers, "extends.yours"),
    "what waits": (waiting, "no_grant.extend"),
    "what its holder ended": (ended, "closed"),
    "what was taken away": (revoked_outside, "closed"),
    "what is over": (over, "closed"),
    "what waits to be extended": (asked_twice, "extends.twice"),
    "beyond the most in all": (too_much, "extends.long"),
    "by more than one request may ask": (longer_than_one_may_be, "extends.long"),
    "what the policy does not offer": (not_offered, "entitlement"),
    "what gives other roles by now": (of_other_roles, "terms.changed"),
    "by whom may not ask any more": (no_more_theirs, "requester"),
    "while all is frozen": (frozen, "frozen"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_extended_is_refused(world: World, what: str) -> None:
    scene, code = REFUSED[what]
    request = scene(world)
    waited = len(world.store.pending(limit=10))

    with refused(code):
        world.extend(ALICE, request)

    assert len(world.store.pending(limit=10)) == waited


def test_an_extension_lasts_so_long_beyond_what_it_continues_and_leaves_no_gap(
    world: World, cloud: Google, wire: Wire
) -> None:
    first = world.granted()
    world.clock.advance(1800)
    later = world.extend(ALICE, first)
    gaps: list[bool] = []
    wire.reads = [lambda: gaps.append(in_force(cloud, world.clock()))] * 5
    world.press(BOB, later)
    world.pass_()

    grant = world.read(later).grant
    assert grant is not None
    assert (rfc3339(grant.window.start), rfc3339(grant.window.end)) == (
        "2026-11-22T10:30:00Z",
        "2026-11-22T12:00:00Z",
    )
    assert windows(cloud) == [("roles/run.admin", during("10:00:00", "12:00:00"))]
    for _ in range(120):
        world.passes(45)
        gaps.append(in_force(cloud, world.clock()))
    assert gaps[:5] == [True] * 5
    assert gaps.index(False) == gaps.count(True)
    assert (world.state(first), world.state(later), bindings(cloud)) == ("ended", "ended", [])


@pytest.mark.parametrize("which", ["first", "later"])
def test_ending_one_of_the_two_never_cuts_the_other(world: World, cloud: Google, which: str) -> None:
    first = world.granted()
    world.clock.advance(1800)
    later = world.extended(first)
    world.end(ALICE, first if which == "first" else later)
    world.pass_()

    assert in_force(cloud, world.clock())
    assert in_force(cloud, world.clock() + timedelta(minutes=31)) == (which == "first")


def test_what_continues_a_bundle_or_half_of_a_role_gives_what_that_gave(world: World) -> None:
    first = world.granted(ALICE, "pair")
    world.policy = policy(MORE_ROLES)

    later = world.extend(ALICE, first)

    assert later.terms.targets == first.terms.targets


def test_to_extend_what_was_extended_is_to_extend_the_last_of_it(world: World) -> None:
    first = world.granted()
    world.clock.advance(1800)
    second = world.extended(first)
    third = world.extend(ALICE, first, key="third")

    assert (second.terms.extends, third.terms.extends) == (first.id, second.id)
    assert third.terms.start == second.terms.start + timedelta(hours=1)  # type: ignore[operator]


def test_the_most_in_all_counts_from_the_first_start(world: World) -> None:
    first = world.granted()
    world.policy = policy(*LONGER)
    world.clock.advance(600)
    second = world.extended(first, minutes=40)
    found = world.uses.asking.extension(world.identity(ALICE), first.id, now=world.clock())

    assert (found.request.id, found.most, found.usual) == (second.id, timedelta(minutes=20), timedelta(minutes=20))
    with refused("extends.long"):
        world.extend(ALICE, first, minutes=21, key="more")
    world.extended(second, minutes=20)
    assert world.uses.asking.extension(world.identity(ALICE), first.id, now=world.clock()).most == timedelta(0)


def test_without_a_key_of_its_own_all_of_it_lasts_no_longer_than_one_request_may(world: World) -> None:
    first = world.granted(minutes=240)

    with refused("extends.long"):
        world.extend(ALICE, first, minutes=1)


def test_it_expires_when_what_it_continues_ends(world: World) -> None:
    first = world.granted(minutes=20)
    later = world.extend(ALICE, first)
    world.passes(20 * 60)

    assert later.terms.expires == first.grant.window.end  # type: ignore[union-attr]
    assert world.read(later).state == "expired"
    with refused("token_expired"):
        world.press(BOB, later)


@pytest.mark.parametrize("how", ["ended", "revoked", "outside"])
def test_nobody_revives_what_was_taken_away_by_approving_its_extension(
    world: World, cloud: Google, how: str
) -> None:
    first = world.granted()
    later = world.extend(ALICE, first)
    if how == "outside":
        strip(cloud)
        world.passes(120)
    else:
        world.end(ALICE if how == "ended" else BOB, first)
    if world.read(later).state == "pending":
        world.press(CAROL, later)
    world.passes(120)

    found = world.read(later)
    assert (found.state, found.grant) == ("expired", None)
    assert "is over or was taken away" in str(plain(view(world.card(later)).meaning))
    assert not in_force(cloud, world.clock())


def test_a_policy_that_lets_it_last_less_long_by_now_is_asked_when_it_is_approved(world: World) -> None:
    first = world.granted()
    later = world.extend(ALICE, first)
    world.policy = policy(*SHORTER)
    world.press(BOB, later)
    world.passes(60)

    assert world.read(later).state == "expired"


def test_what_nobody_else_approves_is_extended_at_once(world: World, cloud: Google) -> None:
    first = world.granted(ALICE, "logs")
    later = world.extend(ALICE, first, minutes=30)
    world.pass_()

    assert world.state(later) == "active"
    assert windows(cloud) == [("roles/logging.viewer", during("10:00:00", "11:30:00"))]


def test_approvers_see_what_it_extends_and_until_when(world: World) -> None:
    first = world.granted()
    world.clock.advance(1800)
    later = world.extend(ALICE, first)
    shown = view(world.card(later))

    assert plain(shown.facts[3].value) == (
        f"1 hour more (extends {first.id}, which ends 2026-11-22 11:00 UTC, to 2026-11-22 12:00 UTC)"
    )
    assert plain(shown.effect) == (
        "Approve lets the access last until 2026-11-22 12:00 UTC instead of 2026-11-22 11:00 UTC."
    )
    assert shown.before == ()


def test_no_more_can_be_asked_than_one_request_may(world: World) -> None:
    first = world.granted()
    entitlement = world.policy.entitlements["admin"]
    found = world.uses.asking.extension(world.identity(ALICE), first.id, now=world.clock())

    assert found.most == timedelta(hours=3)
    assert found.usual == entitlement.duration.default


@pytest.mark.parametrize(("had", "usual"), [(30, 30), (60, 60), (120, 60)])
def test_short_access_is_usually_extended_by_as_long_again_and_none_by_more_than_the_usual(
    world: World, had: int, usual: int
) -> None:
    asked = world.file(ALICE, minutes=had)
    world.press(BOB, asked)
    world.pass_()

    found = world.uses.asking.extension(world.identity(ALICE), asked.id, now=world.clock())

    assert found.usual == timedelta(minutes=usual)
