"""Two processes over one journal: of a claim that both have, one sends it, whatever is deleted meanwhile."""

import errno
import fcntl
import os
import select
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from countersign_client.mcp.proxy.journal import Journal
from tests.bot.commands import ROOT

SENDS = """
import sys
from pathlib import Path
from countersign_client.mcp.proxy.journal import Journal

folder, key = sys.argv[1:]
journal = Journal(Path(folder))
write = journal._write

def slowly(*given):
    print("writes", flush=True)
    sys.stdin.readline()
    write(*given)

journal._write = slowly
print("is there", flush=True)
sys.stdin.readline()
print("tries", flush=True)
print(journal.sending("call", key), flush=True)
sys.stdin.readline()
journal.end("call", key)
print("told", flush=True)
sys.stdin.readline()
"""
"""A process that takes its time where it writes down that it sends a claim."""


class Sender:
    """One such process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def says(self) -> str:
        """The next line of it."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def goes_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()


@contextmanager
def sender(folder: Path, key: str) -> Iterator[Sender]:
    program = [sys.executable, "-c", SENDS, str(folder), key]
    pipes: Mapping[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(program, cwd=ROOT, text=True, **pipes) as process:
        try:
            made = Sender(process)
            assert made.says() == "is there"
            yield made
        finally:
            process.kill()


def writes(sender: Sender) -> None:
    """Let it come to where it writes down that it sends."""
    sender.goes_on()
    assert [sender.says(), sender.says()] == ["tries", "writes"]


def is_silent(sender: Sender) -> bool:
    """Whether it says nothing for a while: whoever waits for a lock does not."""
    assert sender.process.stdout is not None
    return not select.select([sender.process.stdout], [], [], 0.5)[0]


@pytest.mark.parametrize("is_deleted", [False, True])
def test_of_two_that_have_a_claim_one_sends_it_also_where_the_lock_is_deleted_meanwhile(
    tmp_path: Path, *, is_deleted: bool
) -> None:
    claim = Journal(tmp_path).begin("call", "r-1")
    assert claim is not None
    with sender(tmp_path, claim.key) as one, sender(tmp_path, claim.key) as two:
        writes(one)
        if is_deleted:
            (tmp_path / "lock").unlink()
        two.goes_on()
        assert two.says() == "tries"
        assert is_silent(two)
        one.goes_on()
        assert (one.says(), two.says()) == ("True", "False")


@pytest.mark.parametrize("is_told", [True, False])
def test_what_another_process_has_sent_is_not_known_once_that_is_gone_and_told_nobody(
    tmp_path: Path, *, is_told: bool
) -> None:
    journal = Journal(tmp_path)
    claim = journal.begin("call", "r-1")
    assert claim is not None
    with sender(tmp_path, claim.key) as one:
        writes(one)
        one.goes_on()
        assert one.says() == "True"
        before = journal.take_over("call", claim.key)
        if is_told:
            one.goes_on()
            assert one.says() == "told"
    after = [journal.take_over("call", claim.key) for _ in range(2)]

    assert (before, after) == ("kept", ["gone" if is_told else "taken", "gone"])


def test_where_folders_cannot_be_locked_their_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As NFS has it: flock(2) wants a file that is open for writing there."""
    lock = fcntl.flock

    def on_files(opened: int, how: int) -> None:
        if stat.S_ISDIR(os.fstat(opened).st_mode):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        lock(opened, how)

    monkeypatch.setattr(fcntl, "flock", on_files)
    journal = Journal(tmp_path)
    claim = journal.begin("call", "r-1")
    assert claim is not None
    with sender(tmp_path, claim.key) as one:
        writes(one)
        with ThreadPoolExecutor() as pool:
            sent = pool.submit(journal.sending, "call", claim.key)
            assert not wait([sent], 0.5).done
            one.goes_on()
            assert (one.says(), sent.result(30)) == ("True", False)
