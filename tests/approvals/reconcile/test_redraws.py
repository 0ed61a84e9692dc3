"""What redraws cost in writes, and what a death between them leaves."""

import pytest

from approvals.ports.store import Lease
from tests.support.world import BOB, World


def test_redraws_of_one_pass_are_kept_by_one_write_and_are_made_again_after_a_death(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = world.file()
    world.pass_()
    world.press(BOB, request, "deny", comment="no")
    save, before, tries = world.store.save, world.room.calls, list[bytes]()

    def dies_at_first(lease: Lease, body: bytes) -> Lease:
        tries.append(body)
        if len(tries) == 1:
            raise KeyboardInterrupt
        return save(lease, body)

    monkeypatch.setattr(world.store, "save", dies_at_first)
    with pytest.raises(KeyboardInterrupt):
        world.pass_()
    redrawn = world.room.calls - before
    world.passes(60)

    # Then the step is posted besides: its intent is stored with both redraws. That it stands is stored as the
    # request is given back.
    assert (redrawn, world.room.calls - before) == (2, 2 + 2 + 1)
    assert len(tries) == 1 + 1
    assert {message.token for message in world.room.of(request.id)} == {""}
