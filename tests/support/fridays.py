"""A policy that offers an approval alone beside access, and every state that such a request can be in."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from approvals import transitions
from approvals.requests import Request
from tests.support.world import ALICE, BOB, CAROL, World, policy

FRIDAY = "friday"
LAST = '    requesters: ["domain:example.com"]\n    approval: self\n'
OFFER = f"""{LAST}  - id: friday
    title: Deploy on Friday
    grant: none
    requesters: ["domain:example.com"]
    duration: {{default: 1h, max: 3h}}
    extend: {{max_total: 3h}}
    approval:
      - {{approvers: ["group:approvers@example.com"], needed: 1}}
"""


GROUP = "prod-admins@example.com"
OF_GROUP = ("resource: projects/payments-prod\n    roles: [roles/run.admin]", f"grant: group\n    group: {GROUP}")
"""What makes the policy's entitlement `admin` a membership."""

KINDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "access": (),
    "a membership": (OF_GROUP,),
    "an approval alone": (("resource: projects/payments-prod\n    roles: [roles/run.admin]", "grant: none"),),
}
"""What the policy's entitlement `admin` is for: people's part in it must be the same."""


def fridays(world: World, *more: tuple[str, str]) -> World:
    """The same world, in which people can ask to deploy on Friday."""
    world.policy = policy((LAST, OFFER), *more)
    return world


def waiting(world: World) -> Request:
    return world.file(entitlement=FRIDAY)


def to_sign(world: World) -> Request:
    """Its approvers have to type their names."""
    world.policy = policy((LAST, OFFER.replace("needed: 1}", "needed: 1, sign: typed}")))
    return waiting(world)


def standing(world: World) -> Request:
    request = waiting(world)
    world.press(BOB, request)
    world.pass_()
    assert world.state(request) == "active"
    return world.read(request)


def scheduled(world: World) -> Request:
    return world.scheduled(timedelta(hours=2), entitlement=FRIDAY)


def signed(world: World) -> Request:
    request = to_sign(world)
    world.press(BOB, request, printed_name="Bob Builder", meaning="I read it")
    world.pass_()
    return world.read(request)


def offered(world: World) -> Request:
    request = waiting(world)
    world.offer(BOB, request, minutes=30, why="Half an hour is enough")
    return world.read(request)


def extended(world: World) -> Request:
    request = standing(world)
    more = world.extend(ALICE, request)
    world.press(BOB, more)
    world.pass_()
    return world.read(more)


def extended_from(world: World) -> Request:
    """The one that was extended."""
    first = world.read(extended(world)).terms.extends
    return world.store.request(first)


def ended(world: World) -> Request:
    return world.end(ALICE, standing(world))


def kept(world: World) -> Request:
    """One of two that overlap was ended, and the other stands."""
    first, _ = standing(world), standing(world)
    return world.end(ALICE, first)


def over(world: World) -> Request:
    request = standing(world)
    world.passes(3700, step=600)
    return world.read(request)


def revoked(world: World) -> Request:
    return world.end(BOB, standing(world), why="The deployment is off")


def cancelled(world: World) -> Request:
    return world.end(ALICE, scheduled(world))


def withheld(world: World) -> Request:
    request = scheduled(world)
    world.policy = policy()
    world.passes(2 * 3600, step=600)
    return world.read(request)


def late(world: World) -> Request:
    """Nothing let it begin in its time."""
    request = scheduled(world)
    world.clock.advance(4 * 3600)
    world.pass_()
    return world.read(request)


def left(world: World) -> Request:
    request = standing(world)
    change = transitions.leave(request, now=world.clock())
    world.store.commit(change)
    return change.request


def denied(world: World) -> Request:
    request = waiting(world)
    world.press(CAROL, request, "deny", comment="Not this week")
    return world.read(request)


def withdrawn(world: World) -> Request:
    request = waiting(world)
    return world.uses.ending.withdraw(world.identity(ALICE), request.id, now=world.clock())


def expired(world: World) -> Request:
    request = waiting(world)
    world.passes(9 * 3600, step=1800)
    return world.read(request)


def not_offered(world: World) -> Request:
    request = waiting(world)
    world.policy = policy()
    world.pass_()
    world.clock.advance(60)
    world.pass_()
    return world.read(request)


SCENES: Mapping[str, Callable[[World], Request]] = {
    each.__name__: each
    for each in (
        waiting,
        to_sign,
        signed,
        offered,
        standing,
        scheduled,
        extended,
        extended_from,
        ended,
        kept,
        over,
        revoked,
        cancelled,
        withheld,
        late,
        left,
        denied,
        withdrawn,
        expired,
        not_offered,
    )
}
"""Each is made in a world that `fridays` has prepared."""
