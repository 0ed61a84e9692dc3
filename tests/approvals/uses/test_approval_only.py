"""An approval alone, by everything that people and time do with it: it is as access is, and grants nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from approvals.access.keeping import kept_by_others
from approvals.freezes import freezing
from approvals.ids import request_subject
from approvals.requests import Request
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.support import fridays as scenes
from tests.support.direct import Wire
from tests.support.fridays import FRIDAY, SCENES, fridays
from tests.support.pages import Visitors
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy, refused


@pytest.fixture
def world(world: World) -> World:
    return fridays(world)


# --- refused


Try = Callable[[World, Request], Any]


def once_more(world: World, request: Request) -> Request:
    return world.extend(ALICE, request, key="again")


REFUSED: dict[str, tuple[str, str, Try]] = {
    "who asked approves it": ("waiting", "self.decide", lambda world, it: world.press(ALICE, it)),
    "a stranger approves it": ("waiting", "not_approver", lambda world, it: world.press(GWEN, it)),
    "it is approved twice": ("standing", "decided", lambda world, it: world.press(CAROL, it)),
    "it is ended before it is approved": ("waiting", "no_grant.approval", lambda world, it: world.end(ALICE, it)),
    "a stranger ends it": ("standing", "not_approver", lambda world, it: world.end(GWEN, it)),
    "an approver ends it and says nothing": (
        "standing",
        "why.approval",
        lambda world, it: world.end(BOB, it, why=" "),
    ),
    "it is ended twice": ("ended", "closed.approval", lambda world, it: world.end(ALICE, it)),
    "somebody else extends it": (
        "standing",
        "extends.yours.approval",
        lambda world, it: world.extend(GWEN, it),
    ),
    "it is extended before it begins": (
        "scheduled",
        "extends.early.approval",
        lambda world, it: world.extend(ALICE, it),
    ),
    "it is extended when it is over": ("over", "closed.approval", lambda world, it: world.extend(ALICE, it)),
    "it is extended beyond what the policy lets it last": (
        "standing",
        "extends.long",
        lambda world, it: world.extend(ALICE, it, minutes=150),
    ),
    "more is offered than was asked": (
        "waiting",
        "counter.wider",
        lambda world, it: world.offer(BOB, it, minutes=90),
    ),
    "what has to be signed is not": ("to_sign", "sign_required", lambda world, it: world.press(BOB, it)),
    "what has to be signed is not, on a page": (
        "to_sign",
        "sign_required",
        lambda world, it: Visitors(world).vote(BOB, it),
    ),
    "nothing of it is offered": (
        "waiting",
        "counter.targets",
        lambda world, it: world.offer(BOB, it, keep=()),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_of_access_is_refused_of_it(world: World, what: str) -> None:
    scene, code, attempt = REFUSED[what]
    request = SCENES[scene](world)

    with refused(code):
        attempt(world, request)


def test_who_is_denied_it_by_its_id_cannot_ask(world: World) -> None:
    denied = 'deny: [{who: [alice@example.com], what: ["entitlements/fri*"], reason: Never on a Friday}]'
    fridays(world, ("entitlements:\n", f"guardrails: {{{denied}}}\nentitlements:\n"))

    with refused("guardrail.said"):
        scenes.waiting(world)
    world.file(GWEN, FRIDAY)


def test_what_a_guardrail_leaves_nobody_alone_with_is_not_had_alone(world: World) -> None:
    stages = 'approval:\n      - {approvers: ["group:approvers@example.com"], needed: 1}\n'
    fridays(world, ("entitlements:\n", 'guardrails: {no_self: ["entitlements/*"]}\nentitlements:\n'))
    alone = scenes.OFFER.replace(stages, "approval: self\n")
    world.policy = policy(
        (scenes.LAST, alone), ("entitlements:\n", 'guardrails: {no_self: ["*/*"]}\nentitlements:\n')
    )

    with refused("guardrail.self"):
        scenes.waiting(world)


# --- it grants nothing


@pytest.mark.parametrize("scene", SCENES)
def test_whatever_becomes_of_it_google_is_never_asked_or_told(
    world: World, wire: Wire, cloud: Google, scene: str
) -> None:
    before = wire.sent
    wire.reads, reads = [AssertionError("Google was read for an approval alone")], 1

    request = SCENES[scene](world)
    world.passes(7200, step=600)

    assert (wire.sent, len(wire.reads)) == (before, reads)
    assert bindings(cloud) == []
    # Its messages may still be due, and nothing of a resource ever is.
    due = world.store.due(now=world.clock() + timedelta(days=400), limit=100)
    assert set(due) <= {request_subject(request.id)}


def test_it_stands_by_the_press_that_approves_it_and_is_over_at_its_end(world: World) -> None:
    request = scenes.waiting(world)
    world.press(BOB, request)
    # Nothing has worked on it yet.
    assert world.state(request) == "active"

    world.passes(3599, step=600)
    assert world.state(request) == "active"
    world.passes(30)
    found = world.read(request).grant
    assert found is not None
    assert (found.state, found.cause, found.removed) == ("ended", "time", True)


def test_one_that_begins_later_stands_from_then_on(world: World) -> None:
    request = scenes.scheduled(world)
    world.passes(2 * 3600 - 60, step=600)
    assert world.state(request) == "scheduled"

    world.passes(90)

    assert world.state(request) == "active"
    assert world.actions(request)[-2:] == ["grant.begun", "grant.active"]


def test_a_freeze_lets_it_neither_be_approved_nor_begin_and_lets_it_end(world: World) -> None:
    later, held, waits = scenes.scheduled(world), scenes.standing(world), scenes.waiting(world)
    freezing.freeze(world.store, by="os:root", why=None, now=world.clock())

    with refused("frozen"):
        world.press(BOB, waits)
    world.end(ALICE, held)
    world.passes(2 * 3600 + 60, step=600)
    assert (world.state(later), world.state(held)) == ("scheduled", "ended")

    freezing.thaw(world.store, by="os:root", why=None, now=world.clock())
    world.passes(60)
    assert world.state(later) == "active"


def test_it_is_extended_without_a_gap_and_the_first_one_says_so(world: World) -> None:
    more = scenes.extended(world)
    first = world.store.request(more.terms.extends)
    assert first.grant is not None
    assert more.grant is not None

    assert more.grant.window.start < first.grant.window.end == more.terms.start
    (kept,) = kept_by_others(first, world.store, now=world.clock())
    assert (kept.request, kept.until) == (more.id, more.grant.window.end)


def test_who_ends_one_of_two_is_told_which_one_stands_still(world: World) -> None:
    closed = scenes.kept(world)

    (kept,) = kept_by_others(closed, world.store, now=world.clock())

    assert kept.whole
    assert kept.roles == ()


def test_one_that_comes_to_be_access_by_the_policy_is_not_approved_any_more(world: World) -> None:
    waits, later = scenes.waiting(world), scenes.scheduled(world)
    world.policy = policy(
        (
            scenes.LAST,
            scenes.OFFER.replace("grant: none", "resource: projects/payments-prod\n    roles: [roles/run.admin]"),
        )
    )

    with refused("terms.changed"):
        world.press(BOB, waits)
    world.passes(2 * 3600 + 60, step=600)

    assert world.read(waits).state == "expired"
    assert world.state(later) == "revoked"


def test_access_that_comes_to_be_one_by_the_policy_is_not_approved_any_more(world: World) -> None:
    world.policy = policy()
    waits = world.file()
    world.policy = policy(
        ("resource: projects/payments-prod\n    roles: [roles/run.admin]", "grant: none"),
    )

    with refused("terms.changed"):
        world.press(BOB, waits)


def test_it_is_found_by_its_id_among_what_people_have(world: World) -> None:
    held = scenes.standing(world)
    found = world.uses.looking.already(world.identity(ALICE), FRIDAY, now=world.clock())

    assert found.active is not None
    assert found.active.id == held.id
    said = plain(view(world.card(held)).meaning)
    assert said.endswith("It grants nothing by itself.")
