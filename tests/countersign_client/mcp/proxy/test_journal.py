"""What the journal has on the disk is whole or not there, and its owner's alone."""

import fcntl
import os
import resource
import threading
from pathlib import Path

import pytest

from countersign_client.mcp.proxy.journal import Journal

MONTH = 31 * 86_400


def test_a_note_that_cannot_be_read_may_have_been_sent(tmp_path: Path) -> None:
    (tmp_path / "call").write_bytes(b"{")
    found = Journal(tmp_path).opened("call")

    assert found is not None
    assert found.sent
    assert Journal(tmp_path).begin("call", "r-1") is None


def test_a_note_that_the_disk_takes_a_part_of_is_none(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, usual[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            journal.begin("call", "r-1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert journal.opened("call") is None
    assert journal.begin("call", "r-1")


def test_a_note_is_its_owners_alone(tmp_path: Path) -> None:
    usual = os.umask(0)
    try:
        Journal(tmp_path / "state").begin("call", "r-1")
    finally:
        os.umask(usual)
    folder = tmp_path / "state"
    modes = {each.name: each.stat().st_mode & 0o777 for each in (folder, *folder.iterdir())}

    assert modes == {"state": 0o700, "call": 0o600, "lock": 0o600}


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_a_folder_in_which_everybody_may_write_is_none(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(mode)

    with pytest.raises(PermissionError, match="everybody on this machine may write"):
        Journal(folder)
    assert list(folder.iterdir()) == []

    folder.chmod(0o775)
    Journal(folder)


def test_who_waited_for_a_lock_that_was_deleted_takes_the_one_that_stands_there(tmp_path: Path) -> None:
    journal, done = Journal(tmp_path), threading.Event()
    lock = tmp_path / "lock"
    gone = os.open(lock, os.O_RDWR)
    fcntl.flock(gone, fcntl.LOCK_EX)

    def begin() -> None:
        journal.begin("call", "r-1")
        done.set()

    waiting = threading.Thread(target=begin)
    waiting.start()
    lock.unlink()
    standing = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(standing, fcntl.LOCK_EX)
    os.close(gone)

    assert not done.wait(0.3)
    assert journal.opened("call") is None

    os.close(standing)
    waiting.join(30)
    assert journal.opened("call") is not None


def test_what_nobody_has_asked_about_for_a_month_is_forgotten_and_nothing_else(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    old, young, half = "a" * 64, "b" * 64, f"{'c' * 64}.new"
    for call in (old, young):
        journal.begin(call, "r-1")
    (tmp_path / half).write_bytes(b"{")
    (tmp_path / "letter").write_bytes(b"somebody's own")
    for name in (old, half, "letter", "lock"):
        long_ago = (tmp_path / name).stat().st_mtime - MONTH
        os.utime(tmp_path / name, (long_ago, long_ago))
    Journal(tmp_path)

    assert {each.name for each in tmp_path.iterdir()} == {young, "letter", "lock"}


def test_what_was_sent_is_kept_until_somebody_was_told(tmp_path: Path) -> None:
    one, two = Journal(tmp_path), Journal(tmp_path)
    claim = one.begin("call", "r-1")
    assert claim is not None
    one.sending("call", claim.key)
    meanwhile = two.take_over("call", claim.key)
    one.end("call", claim.key)

    assert (meanwhile, two.take_over("call", claim.key)) == ("kept", "gone")
    assert two.take_over("another", "key") == "gone"
    assert two.begin("call", "r-2") is not None
    assert two.take_over("call", claim.key) == "gone"


def test_what_its_own_proxy_does_not_have_any_more_is_told_once_by_whoever_asks_first(tmp_path: Path) -> None:
    one, two = Journal(tmp_path), Journal(tmp_path)
    claim = one.begin("call", "r-1")
    assert claim is not None
    one.sending("call", claim.key)

    assert [one.take_over("call", claim.key), two.take_over("call", claim.key)] == ["taken", "gone"]


@pytest.mark.parametrize("how", ["let_go", "close"])
def test_what_is_let_go_is_anybodys_to_tell(tmp_path: Path, how: str) -> None:
    one, two = Journal(tmp_path), Journal(tmp_path)
    claim = one.begin("call", "r-1")
    assert claim is not None
    one.sending("call", claim.key)
    one.let_go(claim.key) if how == "let_go" else one.close()

    assert two.take_over("call", claim.key) == "taken"
    assert two.opened("call") is None
