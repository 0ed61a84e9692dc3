"""A store that was restored from a backup does not know what happened since: it looks, and never writes again."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from approvals.backends.stores.sqlite import open_sqlite
from approvals.backends.stores.sqlite.backups import backup, restore
from approvals.changes import Change
from handlers.wording.refusing.refusals import worded
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings, during, windows
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World


def kept(folder: Path) -> Path:
    """A backup of the world's store as it is now."""
    backup(folder / "store.db", folder / "kept.db")
    return folder / "kept.db"


@contextmanager
def restored(world: World, copy: Path, wire: Wire) -> Iterator[World]:
    """The service again, over a store made of the backup."""
    place = copy.with_name("again.db")
    warnings: list[str] = []
    restore(copy, place, actor="operator", now=world.clock(), warn=warnings.append)
    assert warnings == []
    store = open_sqlite(place, now=world.clock())
    with closing(World(copy.parent, granter=wire, store=store, clock=world.clock)) as made:
        yield made


def test_access_that_was_ended_since_the_backup_is_not_given_again(
    world: World, cloud: Google, wire: Wire, tmp_path: Path
) -> None:
    request = world.file()
    world.press(BOB, request)
    copy = kept(tmp_path)
    world.pass_()
    world.end(ALICE, request)
    world.passes(60)
    sent = wire.sent
    with restored(world, copy, wire) as again:
        assert again.state(request) == "activating"
        again.passes(3600)
        grant = again.read(request).grant
        assert grant is not None
        assert (grant.state, grant.removed) == ("failed", True)
        assert "restored from a backup" in worded(grant.cause)
        assert [m.notice.step for m in again.room.of(request.id, "step:failed")] == ["failed"]

    assert (wire.sent, bindings(cloud)) == (sent, [])


def test_access_that_was_made_since_the_backup_is_found(
    world: World, cloud: Google, wire: Wire, tmp_path: Path
) -> None:
    request = world.file()
    world.press(BOB, request)
    copy = kept(tmp_path)
    world.pass_()
    with restored(world, copy, wire) as again:
        again.passes(60)
        assert again.state(request) == "active"
        assert windows(cloud) == [("roles/run.admin", during("10:00:00", "11:00:00"))]
        assert wire.sent == 1
        again.passes(3600)
        assert again.state(request) == "ended"

    assert bindings(cloud) == []


def test_access_that_stood_at_the_backup_and_was_ended_since_is_not_given_again(
    world: World, cloud: Google, wire: Wire, tmp_path: Path
) -> None:
    request = world.granted()
    copy = kept(tmp_path)
    world.end(ALICE, request)
    world.passes(60)
    sent = wire.sent
    with restored(world, copy, wire) as again:
        again.passes(60)
        assert again.state(request) == "revoked"

    assert (wire.sent, bindings(cloud)) == (sent, [])


def test_a_backup_between_the_read_back_and_its_record_gives_nothing_again(
    world: World, cloud: Google, wire: Wire, tmp_path: Path
) -> None:
    request = world.file()
    world.press(BOB, request)
    commit, copies = world.store.commit, []

    def backed_up(change: Change) -> None:
        commit(change)
        if change.request.grant and change.request.grant.state == "active":
            copies.append(kept(tmp_path))

    world.store.commit = backed_up  # type: ignore[method-assign]
    world.pass_()
    world.end(ALICE, request)
    world.passes(60)
    sent = wire.sent
    with restored(world, copies[0], wire) as again:
        again.passes(120)
        assert again.state(request) == "revoked"

    assert (wire.sent, bindings(cloud)) == (sent, [])


def test_what_waited_at_the_backup_can_still_be_approved(
    world: World, cloud: Google, wire: Wire, tmp_path: Path
) -> None:
    request = world.file()
    copy = kept(tmp_path)
    with restored(world, copy, wire) as again:
        again.press(BOB, request)
        again.passes(15)
        assert again.state(request) == "active"

    assert len(bindings(cloud)) == 1
