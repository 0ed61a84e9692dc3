"""What is taken out beside the service's own work loses nothing that people are approved for meanwhile."""

from pathlib import Path

from approvals.ports.store import Store
from approvals.requests import Request
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings, put
from tests.approvals.uses.test_drifting import looked
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World


def test_what_an_extension_keeps_at_the_last_moment_is_not_lost(
    tmp_path: Path, store: Store, cloud: Google, wire: Wire
) -> None:
    world = World(tmp_path, granter=wire, store=store)
    # Longer access that its holder ended, and whose binding somebody put back to the letter.
    long = world.granted(minutes=120)
    (made,) = bindings(cloud)
    world.end(ALICE, long)
    world.pass_()
    short = world.granted(minutes=60)
    put(cloud, [*bindings(cloud), made])
    later: list[Request] = []

    def extended() -> None:
        """The live one is extended to the very end of that: it calls for the binding that is about to go."""
        later.append(world.extend(ALICE, short, minutes=60))
        world.press(BOB, later[0])
        world.pass_()

    wire.writes = [extended]
    found = looked(world, wire, remove=True)
    assert [each.request for each in found.removed] == [long.id]
    world.passes(60)

    assert [world.state(each) for each in (short, later[0])] == ["active", "active"]
    assert [each["condition"]["expression"] for each in bindings(cloud)] == [made["condition"]["expression"]]
