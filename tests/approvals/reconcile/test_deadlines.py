"""A lease is no fence: no call may begin that could still be under way when the lease is over."""

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from approvals.ports.targets import Binding, PolicyChanged, Snapshot
from approvals.reconcile.runner import LEASE
from sandbox.google import Google
from tests.support.builders import RESOURCE
from tests.support.direct import Wire, direct_iam
from tests.support.doubles import Clock
from tests.support.world import BOB, World


class Slow(Wire):
    """Each read takes four seconds; the latest moment of every call is written down."""

    def __init__(self, google: Google, clock: Clock) -> None:
        super().__init__(direct_iam(google))
        self.clock = clock
        self.latest: list[datetime] = []

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        self.latest.append(self.clock() + timedelta(seconds=timeout))
        self.clock.advance(4)
        return super().read(resource, timeout=timeout, reason=reason)

    def write(
        self,
        snapshot: Snapshot,
        *,
        remove: Collection[Binding],
        add: Collection[Binding],
        timeout: float,
        reason: str,
    ) -> None:
        self.latest.append(self.clock() + timedelta(seconds=timeout))
        super().write(snapshot, remove=remove, add=add, timeout=timeout, reason=reason)


def test_no_call_begins_whose_deadline_lies_outside_the_lease(tmp_path: Path, cloud: Google) -> None:
    clock = Clock()
    slow = Slow(cloud, clock)
    slow.writes = [PolicyChanged("there were concurrent policy changes")] * 20
    world = World(tmp_path, granter=slow, clock=clock)
    world.press(BOB, world.file())
    leased_until = clock() + LEASE
    world.reconciler.subject(f"binding:{RESOURCE}")

    assert len(slow.latest) > 2
    assert max(slow.latest) <= leased_until
    world.close()
