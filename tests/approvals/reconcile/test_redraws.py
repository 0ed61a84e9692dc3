"""What redraws cost in writes, what a death between them leaves, and what a key does that is put aside."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.backends.signers.file import FileSigner, create_keys, rotate_keys
from approvals.backends.signers.keyset import first
from approvals.backends.signers.purposes import TOKENS
from approvals.backends.signers.secret import SecretSigner
from approvals.freezes.freezing import freeze, thaw
from approvals.ports.store import Lease
from approvals.refusals.errors import Unavailable
from sandbox.google import Google
from tests.support.builders import NOW
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


def test_while_keys_cannot_be_read_no_card_is_drawn_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.file()
    world.pass_()
    calls = world.room.calls

    def away(_: FileSigner, __: str) -> None:
        raise Unavailable("the secret does not answer")

    monkeypatch.setattr(FileSigner, "knows", away)
    frozen_and_thawed(world)

    assert world.room.calls == calls


SECRET = "projects/demo-prod/secrets/signer"


def reading(url: str, world: World) -> SecretSigner:
    """What one instance reads of the newest version of the secret."""
    issuer = f"countersign:{world.instance}"
    return SecretSigner(f"{SECRET}/versions/latest", issuer=lambda: issuer, purpose=TOKENS, base_url=url)


def fill(google: Google) -> None:
    """Put a set with one new key in the place of all that were."""
    made = base64.b64encode(first(now=NOW, purpose=TOKENS)).decode()
    google.secrets.add(SECRET, {"data": made}, created="2026-11-22T10:00:00Z")


def test_an_instance_that_has_not_read_a_newer_key_draws_no_button_of_the_one_that_leaked(
    world: World, google: Google, google_url: str
) -> None:
    google.secrets.create(SECRET)
    fill(google)
    old, new = reading(google_url, world), reading(google_url, world)
    old.keys()
    fill(google)
    world.signer = new
    world.restart()
    request = world.file()
    world.pass_()
    drawn = world.room.only(request.id, "card").token

    world.signer = old
    world.restart()
    frozen_and_thawed(world)

    assert world.room.only(request.id, "card").token == drawn
    assert new.verify(drawn)["sub"] == request.id


def test_while_the_file_of_keys_is_spoilt_a_card_that_stands_keeps_nobody_from_being_told(
    world: World, tmp_path: Path
) -> None:
    request = world.file()
    world.pass_()
    (tmp_path / "keys.json").write_text("spoilt")

    world.clock.now = request.terms.expires - timedelta(minutes=10)
    world.pass_()

    assert len(world.room.of(request.id, "step:expires")) == 1
