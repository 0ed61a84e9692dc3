"""What redraws cost in writes, what a death between them leaves, and what a key does that is put aside."""

from pathlib import Path

import pytest

from approvals.backends.signers.file import FileSigner, create_keys, rotate_keys
from approvals.backends.signers.purposes import TOKENS
from approvals.freezing import freeze, thaw
from approvals.ports.store import Lease
from tests.support.world import BOB, World, refused


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


def started_with(world: World, keys: Path) -> None:
    """A start of the program that finds this file of keys."""
    world.signer = FileSigner(keys, issuer=lambda: f"countersign:{world.instance}", purpose=TOKENS)
    world.restart()


def frozen_and_thawed(world: World) -> None:
    """A freeze that is over before anything is drawn as frozen."""
    freeze(world.store, by="operator", why=None, now=world.clock())
    thaw(world.store, by="operator", why=None, now=world.clock())
    world.reconciler.look_at_waiting()
    world.pass_()


def test_a_card_that_was_not_drawn_while_frozen_gets_a_button_of_the_new_key(world: World, tmp_path: Path) -> None:
    request = world.file()
    world.pass_()
    leaked = world.room.only(request.id, "card").token

    create_keys(tmp_path / "new.json", now=world.clock(), purpose=TOKENS)
    started_with(world, tmp_path / "new.json")
    frozen_and_thawed(world)

    with refused("token"):
        world.tokens.open(leaked, act="review", now=world.clock())
    drawn = world.room.only(request.id, "card").token
    assert world.tokens.open(drawn, act="review", now=world.clock()).request == request.id
    calls = world.room.calls
    frozen_and_thawed(world)
    assert world.room.calls == calls


def test_a_key_that_is_only_rotated_draws_no_card_anew(world: World, tmp_path: Path) -> None:
    world.file()
    world.pass_()
    calls = world.room.calls

    rotate_keys(tmp_path / "keys.json", now=world.clock(), purpose=TOKENS)
    started_with(world, tmp_path / "keys.json")
    frozen_and_thawed(world)

    assert world.room.calls == calls


def test_while_keys_cannot_be_read_no_card_is_drawn_anew_and_nothing_fails(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world.file()
    world.pass_()
    calls = world.room.calls

    (tmp_path / "keys.json").write_text("spoilt")
    frozen_and_thawed(world)

    assert world.room.calls == calls
    assert [each.getMessage() for each in caplog.records if each.exc_info] == []
