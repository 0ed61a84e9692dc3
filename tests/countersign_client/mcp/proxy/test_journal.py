"""What the journal has on the disk is whole or not there, and its owner's alone."""

import os
import resource
from pathlib import Path

import pytest

from countersign_client.mcp.proxy.journal import Journal


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
