"""A service whose policy erases what was typed after a month, on a clock that a test moves."""

from datetime import timedelta

import msgspec

from approvals.policy.model import Policy
from approvals.reconcile.erasing import WATCHED, Erasing
from approvals.requests import Request
from tests.support.world import ALICE, CAROL, World, policy

MONTH = timedelta(days=30)
STEP = timedelta(minutes=50)
"""Between two looks of a service that runs; longer ones are jumps of the clock."""


def kept_for(retention: timedelta | None, *changes: tuple[str, str], **own: timedelta) -> Policy:
    rules = policy(*changes)
    entitlements = {
        name: msgspec.structs.replace(each, retention=own.get(name)) for name, each in rules.entitlements.items()
    }
    return msgspec.structs.replace(rules, retention=retention, entitlements=entitlements)


class Service:
    """A world whose policy erases after a month, and what does it there."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.policy = kept_for(MONTH)
        self.erasing = self.another()

    def another(self, owner: str = "test") -> Erasing:
        world = self.world
        return Erasing(
            store=world.store, policy=lambda: world.policy, freeze=world.freeze, clock=world.clock, owner=owner
        )

    def runs(self, time: timedelta) -> None:
        """Let time go by with a look in each step of its last day, and one at its end."""
        end = self.world.clock() + time
        self.world.clock.advance(max(timedelta(), time - WATCHED - 2 * STEP).total_seconds())
        self.erasing()
        while self.world.clock() < end:
            self.world.clock.advance(min(STEP, end - self.world.clock()).total_seconds())
            self.erasing()

    def erased(self, request: Request) -> bool:
        return self.world.read(request).erased is not None


def denied(world: World, entitlement: str = "admin", *, person: str = ALICE) -> Request:
    request = world.file(person, entitlement)
    world.pass_()
    world.press(CAROL, request, "deny", comment="Not now")
    world.pass_()
    return world.read(request)
