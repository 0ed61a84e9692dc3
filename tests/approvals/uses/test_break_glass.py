"""Access in an emergency: who gets it, what it takes, and the review that it has to have afterwards."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.freezes import freezing
from approvals.identities import Identity
from approvals.policy.evaluate import Ask
from approvals.refusals.errors import Conflict, Refused
from approvals.requests import Request
from approvals.reviews import typed
from tests.support.doubles import ref
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy, refused

LOGS = """\
    resource: projects/payments-prod
    roles: [roles/logging.viewer]
    requesters: ["domain:example.com"]
    approval: self
"""
GLASS = LOGS.replace(
    "approval: self",
    "approval: break_glass\n    break_glass: {max: 2h, review: {by: [WHO], within: 3d}, under_freeze: FROZEN}",
)


def glass(who: str = '"group:approvers@example.com"', *, frozen: bool = False, guests: bool = False) -> Any:
    """A policy by which `logs` is for emergencies."""
    rule = GLASS.replace("WHO", who).replace("FROZEN", str(frozen).lower())
    let = [("  domains: [example.com]", "  domains: [example.com]\n  guests: request")] if guests else []
    return policy((LOGS, rule), *let)


@pytest.fixture
def broken(world: World) -> World:
    """A world in which glass can be broken."""
    world.policy = glass()
    return world


def ask(
    *, confirmed: bool = True, entitlement: str = "logs", minutes: int = 60, why: str = "The site is down"
) -> Ask:
    return Ask(
        entitlement=entitlement,
        duration=timedelta(minutes=minutes),
        justification=why,
        break_glass=confirmed,
    )


def break_(world: World, person: str = ALICE, *, key: str = "glass", **how: Any) -> Request:
    return world.uses.asking.file(world.identity(person), ask(**how), key=key, now=world.clock())


def find(
    world: World,
    person: str,
    request: Request,
    *,
    justified: bool = True,
    why: str = "It was down",
    by: Identity | None = None,
) -> Request:
    identity = by or world.identity(person)
    return world.uses.reviewing.find(identity, request.id, justified=justified, why=why, now=world.clock())


# --- what is refused


def test_whoever_only_looks_can_neither_review_nor_end_an_emergency(broken: World) -> None:
    broken.policy = msgspec.structs.replace(broken.policy, auditors=(f"user:{GWEN}",))
    request = break_(broken)
    seen = {
        who: broken.uses.facing.face(broken.identity(who), request.id, now=broken.clock())
        for who in (ALICE, BOB, GWEN)
    }

    assert {who: (faced.finds, faced.takes) for who, faced in seen.items()} == {
        ALICE: (False, False),
        BOB: (True, True),
        GWEN: (False, False),
    }


def test_nobody_breaks_the_glass_by_asking_once(broken: World) -> None:
    with refused("break_glass"):
        break_(broken, confirmed=False)

    assert broken.store.open_of(ALICE) == []


@pytest.mark.parametrize("why", ["", " \u200b\n"])
def test_nobody_breaks_the_glass_without_a_word(broken: World, why: str) -> None:
    with refused("justification"):
        break_(broken, why=why)

    assert broken.store.open_of(ALICE) == []


def test_what_others_approve_is_no_emergency(broken: World) -> None:
    with refused("break_glass.none"):
        break_(broken, entitlement="admin")


def test_it_lasts_no_longer_than_its_own_limit(broken: World) -> None:
    with refused("duration.long"):
        break_(broken, minutes=121)


def test_a_guest_gets_none_of_it(world: World) -> None:
    world.policy = glass(guests=True)
    world.people.join(GWEN, guest=True)
    with refused("requester.guest.emergency"):
        break_(world, GWEN)


def test_nobody_gets_what_only_they_could_review(world: World) -> None:
    world.policy = glass(ALICE)
    with refused("break_glass.reviewers"):
        break_(world)


def test_nobody_breaks_the_glass_again_before_it_is_reviewed(broken: World) -> None:
    first = break_(broken)
    broken.end(ALICE, first)
    broken.passes(30)
    with pytest.raises(Refused) as again:
        break_(broken, key="again")

    assert (again.value.code, again.value.reason.facts) == ("unreviewed", {"request": first.id})


def test_nobody_breaks_it_again_under_another_address_either(broken: World) -> None:
    break_(broken, GWEN)
    broken.policy = policy(
        (LOGS, GLASS.replace("WHO", '"group:approvers@example.com"').replace("FROZEN", "false")),
        ("[a.smith@example.com]", "[a.smith@example.com, gwen@example.com]"),
    )
    with refused("unreviewed"):
        break_(broken, ALICE, key="again")


def test_of_two_at_once_one_is_kept(broken: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each was let through before the other was written: the second one meets the mark of the first."""
    asking = broken.uses.asking
    monkeypatch.setattr(asking, "_require_reviewed", lambda _: None)
    break_(broken, key="one")
    with pytest.raises(Conflict):
        break_(broken, key="two")

    assert len(broken.store.open_of(ALICE)) == 1


@pytest.mark.parametrize("exempt", [False, True])
def test_a_freeze_stops_it_but_where_the_policy_exempts_it(world: World, exempt: bool) -> None:
    world.policy = glass(frozen=exempt)
    freezing.freeze(world.store, by="an administrator", why=typed("theft", salt="s" * 16), now=world.clock())
    if not exempt:
        with refused("frozen"):
            break_(world)
        with refused("frozen"):
            world.uses.asking.declared(world.identity(ALICE), ask(), now=world.clock())
        return
    request = break_(world)
    world.pass_()

    assert world.state(request) == "active"
    with refused("frozen"):
        world.file(entitlement="admin")


def test_what_was_approved_before_a_freeze_waits_where_it_is_not_exempt(broken: World) -> None:
    request = break_(broken)
    freezing.freeze(broken.store, by="an administrator", why=None, now=broken.clock())
    broken.passes(30)

    assert broken.state(request) == "activating"


# --- what is had


def test_access_begins_at_once_and_its_review_is_due(broken: World) -> None:
    request = break_(broken)
    broken.pass_()

    found = broken.read(request)
    assert broken.state(request) == "active"
    assert found.decision is not None
    assert found.decision.by == ()
    assert found.terms.requirement.kind == "break_glass"
    assert found.after_review is not None
    assert found.after_review.due == found.grants[0].window.start + timedelta(days=3)
    assert broken.actions(request)[:2] == ["request.filed", "request.approved"]


def test_a_repeat_finds_what_the_first_one_made(broken: World) -> None:
    assert break_(broken).id == break_(broken).id


def test_once_it_is_reviewed_the_glass_can_be_broken_again(broken: World) -> None:
    first = break_(broken)
    done = find(broken, BOB, first, justified=False, why="Nothing was down")
    again = find(broken, BOB, first, justified=False, why="Nothing was down")

    assert again.version == done.version
    assert done.after_review is not None
    finding = done.after_review.finding
    assert finding is not None
    assert (finding.by, finding.justified, finding.why.text) == (BOB, False, "Nothing was down")
    assert finding.account == ref(BOB)
    assert break_(broken, key="again").id != first.id


@pytest.mark.parametrize(("who", "state"), [(ALICE, "ended"), (CAROL, "revoked")])
def test_its_holder_ends_it_and_a_reviewer_revokes_it(broken: World, who: str, state: str) -> None:
    request = break_(broken)
    broken.pass_()
    broken.end(who, request)

    assert broken.state(request) == state


def test_it_stays_among_ones_own_and_among_those_to_review_until_it_is(broken: World) -> None:
    request = break_(broken)
    broken.pass_()
    broken.end(ALICE, request)
    broken.passes(60)

    assert [broken.waiting_for(who) for who in (BOB, ALICE, GWEN)] == [[request.id], [], []]
    mine = broken.uses.looking.mine(broken.identity(ALICE), now=broken.clock())
    assert [each.id for each in mine] == [request.id]
    assert [each.id for each in broken.store.open_of(ALICE)] == [request.id]

    find(broken, BOB, request)
    assert broken.waiting_for(CAROL) == []
    assert broken.store.open_of(ALICE) == []
