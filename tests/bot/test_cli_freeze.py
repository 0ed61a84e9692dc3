"""`countersign freeze` and `thaw`: on a store, beside the running service, and over a restore."""

import os
import pwd
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.epochs import Epoch
from approvals.freezes import freezing
from approvals.times import rfc3339
from tests.bot.commands import environment, run
from tests.support.builders import NOW
from tests.support.firsts import sqlite_of_first_release
from tests.support.running import running

FROZEN = "everything is frozen: `countersign thaw` lifts it"
ME = f"os:{pwd.getpwuid(os.getuid()).pw_name}"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Settings for an empty store."""
    open_sqlite(tmp_path / "countersign.db", now=NOW).close()
    return environment(tmp_path)


def epoch(folder: Path) -> Epoch:
    store = open_sqlite(folder / "countersign.db", now=NOW)
    found = freezing.read(store)
    store.close()
    return found


@pytest.mark.parametrize("command", ["freeze", "thaw"])
def test_where_there_is_no_store_nothing_is_made(tmp_path: Path, command: str) -> None:
    done = run(command, env=environment(tmp_path))

    assert done.exit_code == 2
    assert not (tmp_path / "countersign.db").exists()


def test_a_freeze_says_what_stops_and_what_goes_on_and_how_to_lift_it(env: dict[str, str], tmp_path: Path) -> None:
    done = run("freeze", "--because", "INC-7", env=env)

    assert done.exit_code == 0
    assert "nobody can ask, vote or decide" in done.output
    assert "withdrawals, ends and removals go on" in done.output
    assert "countersign thaw" in done.output
    assert (epoch(tmp_path).frozen, epoch(tmp_path).last.by, epoch(tmp_path).why) == (True, ME, "INC-7")


def test_what_is_so_already_is_said_and_stays_as_it_is(env: dict[str, str], tmp_path: Path) -> None:
    assert run("thaw", env=env).output == "nothing is frozen; nothing was changed\n"
    run("freeze", "--because", "INC-7", env=env)
    before = epoch(tmp_path)

    for same in ((), ("--because", "INC-7"), ("--because", " INC-7 "), ("--because", "")):
        again = run("freeze", *same, env=env)

        assert again.exit_code == 0
        assert again.output.startswith("everything is frozen, since 20")
        assert again.output.endswith(f" by {ME} (INC-7); nothing was changed\n")
        assert epoch(tmp_path) == before
    assert "lifted" in run("thaw", env=env).output
    assert not epoch(tmp_path).frozen


def test_another_reason_takes_the_place_of_the_one_before_and_nothing_is_lifted(
    env: dict[str, str], tmp_path: Path
) -> None:
    run("freeze", "--because", "INC-7", env=env)
    before = epoch(tmp_path)

    again = run("freeze", "--because", "INC-8", env=env)

    assert again.exit_code == 0
    assert "frozen already" in again.output
    assert "new reason" in again.output
    now = epoch(tmp_path)
    assert (now.frozen, now.why, now.began) == (True, "INC-8", before.last.at)
    assert now.number > before.number
    assert run("audit", "verify", env=env).exit_code == 0
    assert run("audit", "export", env=env).output.count('"action":"frozen"') == 2
    assert before.began is not None
    since = rfc3339(before.began)
    said = run("freeze", env=env).output
    assert said.startswith(f"everything is frozen, since {since}, for a reason given by {ME} (INC-8)")
    assert "lifted" in run("thaw", env=env).output
    assert not epoch(tmp_path).frozen


def test_where_what_was_said_of_it_is_damaged_a_freeze_holds_and_can_be_lifted(
    env: dict[str, str], tmp_path: Path
) -> None:
    run("freeze", "--because", "INC-7", env=env)
    with closing(sqlite3.connect(tmp_path / "countersign.db")) as file:
        file.execute("UPDATE guards SET body = x'7b'")
        file.commit()

    assert epoch(tmp_path).frozen
    assert run("freeze", env=env).output == "everything is frozen; nothing was changed\n"
    assert "cannot be read" in run("audit", "verify", env=env).output
    assert "lifted" in run("thaw", env=env).output


def test_where_the_store_fails_nobody_takes_it_for_frozen(env: dict[str, str], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "countersign.db")) as file:
        file.execute("CREATE TRIGGER broken BEFORE INSERT ON guards BEGIN SELECT raise(ABORT, 'disk full'); END")

    done = run("freeze", env=env)

    assert done.exit_code == 1
    assert "disk full. It may not be done: run the same again until it says that it is" in done.output
    assert not epoch(tmp_path).frozen


def test_nothing_typed_as_a_reason_steers_the_terminal(env: dict[str, str]) -> None:
    run("freeze", "--because", "a\x1b[2Jb\nc", env=env)

    output = run("freeze", env=env).output
    assert "\x1b" not in output
    assert output.count("\n") == 1


def test_the_freeze_stands_in_the_audit_which_holds(env: dict[str, str]) -> None:
    run("freeze", env=env)
    run("thaw", env=env)

    exported = run("audit", "export", env=env).output
    assert [action in exported for action in ('"frozen"', '"thawed"')] == [True, True]
    assert run("audit", "verify", env=env).exit_code == 0


def test_beside_the_running_service_a_freeze_stops_decisions_and_a_thaw_lets_them_go_on(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        asked = office.ask("alice", "admin")
        assert run("freeze", "--because", "INC-7", env=environment(tmp_path)).exit_code == 0

        assert "have frozen everything" in office.refused("bob", "approve", asked)
        assert office.request(asked).state == "pending"
        assert "INC-7" in office.sees("(frozen)", asked)
        assert run("freeze", "--because", "INC-8", env=environment(tmp_path)).exit_code == 0
        assert "INC-8" in office.sees("INC-8", asked)
        assert "have frozen everything" in office.refused("bob", "approve", asked)
        office.until(lambda: office.fetch("/ready") == (200, f"ready\n{FROZEN}"))

        assert run("thaw", env=environment(tmp_path)).exit_code == 0
        office.sees("grants it at once", asked)
        office.approve("bob", asked)
        office.granted(asked)
        assert office.fetch("/ready") == (200, "ready")


def test_a_service_that_starts_frozen_says_so_in_its_log(
    env: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run("freeze", env=env)

    with running(tmp_path) as office:
        office.until(lambda: "everything is frozen by" in caplog.text)
        office.until(lambda: FROZEN in office.fetch("/ready")[1])


# --- over a restore


def restored(tmp_path: Path, env: dict[str, str]) -> str:
    done = run("store", "restore", tmp_path / "backup.db", "--replace", env=env)
    assert done.exit_code == 0, done.output
    assert run("audit", "verify", env=env).exit_code == 0
    return done.output


def test_a_restore_of_what_was_saved_before_the_freeze_keeps_it(env: dict[str, str], tmp_path: Path) -> None:
    run("store", "backup", tmp_path / "backup.db", env=env)
    run("freeze", "--because", "INC-7", env=env)

    said = restored(tmp_path, env)

    assert "everything is frozen, since" in said
    assert "countersign thaw" in said
    assert (epoch(tmp_path).frozen, epoch(tmp_path).why) == (True, "INC-7")


def test_a_restore_of_what_was_saved_in_a_freeze_is_frozen(env: dict[str, str], tmp_path: Path) -> None:
    run("freeze", env=env)
    run("store", "backup", tmp_path / "backup.db", env=env)
    run("thaw", env=env)

    assert "everything is frozen" in restored(tmp_path, env)
    assert epoch(tmp_path).frozen


def test_a_restore_where_nothing_was_frozen_says_nothing_of_it(env: dict[str, str], tmp_path: Path) -> None:
    run("freeze", env=env)
    run("thaw", env=env)
    run("store", "backup", tmp_path / "backup.db", env=env)

    assert "frozen" not in restored(tmp_path, env)
    assert not epoch(tmp_path).frozen


def test_a_restore_over_a_store_of_0_1_0_which_knew_no_freeze_says_nothing_of_it(
    env: dict[str, str], tmp_path: Path
) -> None:
    run("store", "backup", tmp_path / "backup.db", env=env)
    (tmp_path / "countersign.db").unlink()
    sqlite_of_first_release(tmp_path / "countersign.db")

    done = run("store", "restore", tmp_path / "backup.db", "--replace", env=env)

    assert done.exit_code == 0
    assert "frozen" not in done.output


def test_a_restore_over_a_damaged_store_says_that_it_does_not_know(env: dict[str, str], tmp_path: Path) -> None:
    run("store", "backup", tmp_path / "backup.db", env=env)
    (tmp_path / "countersign.db").write_bytes(b"no database at all" * 400)

    done = run("store", "restore", tmp_path / "backup.db", "--replace", env=env)

    assert done.exit_code == 0
    assert "whether" in done.output
    assert "countersign freeze" in done.output
