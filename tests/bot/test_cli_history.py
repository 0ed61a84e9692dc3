"""`countersign history --export` writes all of it to a file of its reader's own, whole or not at all."""

import csv
import errno
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from approvals.refusals.errors import Unavailable
from approvals.uses.history import EXPORTED
from tests.bot.desks import alice, carol, folder, office
from tests.support.desk import Desk
from tests.support.running import Running

__all__ = ["alice", "carol", "folder", "office"]


def told(office: Running) -> int:
    return len([each for each in office.service.store.entries("") if each.action == EXPORTED])


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("there.csv", (), "is there already"),
        ("there.csv", ("--json",), "no --most or --json"),
        ("there.csv", ("--most", "3"), "no --most or --json"),
        ("new.xls", (), "ends in .csv, .json or .jsonl"),
        ("none/new.csv", (), "cannot be written"),
    ],
)
def test_what_cannot_be_exported_so_is_said_and_nothing_is_written_or_audited(
    office: Running, alice: Desk, tmp_path: Path, *, name: str, more: tuple[str, ...], words: str
) -> None:
    (tmp_path / "there.csv").write_text("mine")
    before = told(office)

    done = alice.run("history", "--export", tmp_path / name, *more)

    assert (done.exit_code, words in " ".join(done.output.split())) == (2, True), done.output
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("there.csv", "mine")]
    assert told(office) == before


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_breaks_off_or_is_refused_leaves_no_file_and_what_was_there_before(
    office: Running, alice: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, overwrite: bool
) -> None:
    file = tmp_path / "all.csv"
    if overwrite:
        file.write_text("mine")
    more = ("--overwrite",) if overwrite else ()
    assert alice.run("history", "--export", file, "--who", "nobody", *more).exit_code == 1

    def fails(*_: object, **__: object) -> None:
        raise Unavailable("the store is away")

    monkeypatch.setattr(office.service.store, "history", fails)
    done = alice.run("history", "--export", file, *more)

    assert done.exit_code == 2, done.output
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("all.csv", "mine")] * overwrite


@pytest.mark.parametrize("said", [errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENOSYS])
def test_without_hard_links_it_is_said_what_to_do_before_anything_is_asked_for(
    office: Running, alice: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: int
) -> None:
    def link(*_: object, **__: object) -> None:
        raise OSError(said, os.strerror(said))

    monkeypatch.setattr(os, "link", link)
    before = told(office)

    done = alice.run("history", "--export", tmp_path / "all.csv")
    assert (done.exit_code, list(tmp_path.iterdir()), told(office)) == (2, [], before)
    assert "Say --overwrite where that is right, or name another folder" in " ".join(done.output.split())

    assert alice.run("history", "--export", tmp_path / "all.csv", "--overwrite").exit_code == 0
    assert [each.name for each in tmp_path.iterdir()] == ["all.csv"]
    assert told(office) == before + 1


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_somebody_makes_meanwhile_is_lost_only_by_their_word(
    office: Running, alice: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, overwrite: bool
) -> None:
    file, search = tmp_path / "all.csv", office.service.store.history

    def meanwhile(*given: Any, **named: Any) -> Any:
        file.write_text("theirs")
        return search(*given, **named)

    monkeypatch.setattr(office.service.store, "history", meanwhile)
    done = alice.run("history", "--export", file, *(["--overwrite"] if overwrite else []))

    assert (done.exit_code, file.read_text() == "theirs") == ((0, False) if overwrite else (2, True)), done.output
    assert [each.name for each in tmp_path.iterdir()] == ["all.csv"]


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_a_file_holds_what_its_reader_may_see_and_is_theirs_alone(
    office: Running, alice: Desk, carol: Desk, tmp_path: Path, form: str
) -> None:
    asked = alice.asked(why="INC-7 the disk is full")
    alice.json("withdraw", asked, "--yes")
    file, before = tmp_path / f"all.{form}", told(office)
    file.write_text("older")
    umask = os.umask(0)
    try:
        done = alice.run("history", "--export", file, "--overwrite", "--state", "withdrawn")
    finally:
        os.umask(umask)
    assert done.exit_code == 0, done.output
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_bytes().decode()
    read: dict[str, Callable[[str], list[dict[str, str]]]] = {
        "csv": lambda text: list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))),
        "json": json.loads,
        "jsonl": lambda text: [json.loads(row) for row in text.splitlines()],
    }
    rows = read[form](text)
    assert asked in {row["request"] for row in rows}
    assert {row["state"] for row in rows} == {"withdrawn"}
    assert told(office) == before + 1

    assert carol.run("history", "--export", tmp_path / f"hers.{form}", "--entitlement", "logs").exit_code == 0
    assert asked not in (tmp_path / f"hers.{form}").read_text()
