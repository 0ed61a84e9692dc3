"""What `countersign drift --remove` takes out is told: in the audit before it goes, and by the command."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from approvals.audits import Inspection
from approvals.ports.targets import Forbidden, GranterError, Unsure
from approvals.uses.drifting import drift
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.approvals.uses.test_drifting import looked, means, put_back
from tests.support.builders import RESOURCE
from tests.support.direct import Wire
from tests.support.world import ALICE, World


def audited(world: World) -> list[tuple[str, Any]]:
    """What the installation's chain has of drift, with who did it."""
    found = [each for each in world.store.entries("") if each.action.startswith("drift.")]
    assert {each.actor for each in found} <= {"os:op"}
    return [(each.action, each.detail) for each in found]


def test_what_is_taken_out_is_in_the_audit_before_it_goes_with_who_took_it(
    world: World, cloud: Google, wire: Wire
) -> None:
    request, made = put_back(world, cloud)
    looked(world, wire)
    assert audited(world) == []
    seen: list[int] = []
    wire.writes = [lambda: seen.append(len(audited(world)))]
    looked(world, wire, remove=True)

    removed = {
        "resource": RESOURCE,
        "role": "roles/run.admin",
        "member": f"user:{ALICE}",
        "condition": made["condition"]["expression"],
        "request": request.id,
    }
    assert (seen, audited(world)) == ([1], [("drift.removing", removed)])
    assert list(Inspection(world.store).faults()) == []


@pytest.mark.parametrize(("error", "sure"), [(Unsure("no answer came"), False), (Forbidden("no"), True)])
def test_what_google_did_not_take_is_in_the_audit_too(
    world: World, cloud: Google, wire: Wire, error: GranterError, sure: bool
) -> None:
    put_back(world, cloud)
    wire.writes = [error]
    looked(world, wire, remove=True)

    assert [action for action, _ in audited(world)] == ["drift.removing", "drift.refused"]
    assert audited(world)[-1][1] == {"resource": RESOURCE, "bindings": 1, "sure": sure}


class Late(ThreadPoolExecutor):
    """Gives back what it was given when that is about to write."""

    def __init__(self) -> None:
        super().__init__(1)
        self.writing = threading.Event()

    def write_late(self) -> None:
        self.writing.set()
        threading.Event().wait(0.1)

    def submit(self, *arguments: Any, **named: Any) -> Future[Any]:
        begun = super().submit(*arguments, **named)
        assert self.writing.wait(30)
        return begun


def test_a_removal_that_outlasts_the_wait_is_told(world: World, cloud: Google, wire: Wire) -> None:
    put_back(world, cloud)
    with Late() as executor:
        wire.writes = [executor.write_late]
        slow = msgspec.structs.replace(means(world, wire), executor=executor, wait=0.0)
        found = drift(world.policy, slow, now=world.clock(), remove=True)

    assert (len(found.removed), found.unread, bindings(cloud)) == (1, (), [])
