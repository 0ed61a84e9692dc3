"""Commands on a store that 0.1.0 left: whoever only looks at it leaves it as it is, and says who brings it up."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot import compose
from bot.settings import read
from tests.bot.commands import environment, run
from tests.support.firsts import FIRSTS, sqlite_of_first_release

COMMANDS = (
    ("report",),
    ("audit", "verify"),
    ("audit", "export"),
    ("policy", "show"),
    ("freeze",),
    ("thaw",),
    ("revoke", "--person", "alice@example.com"),
    ("receipt", "show", FIRSTS["active"].request),
    ("setup", "iam", "--account", "granter@shop-prod.iam.gserviceaccount.com"),
)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    sqlite_of_first_release(tmp_path / "countersign.db")
    return environment(tmp_path)


def schema_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (schema,) = connection.execute("PRAGMA user_version").fetchone()
    assert isinstance(schema, int)
    return schema


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_leaves_a_store_of_0_1_0_as_it_is(
    command: tuple[str, ...], env: dict[str, str], tmp_path: Path
) -> None:
    before = (tmp_path / "countersign.db").read_bytes()

    done = run(*command, env=env)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "is of an older release, and was left as it is: start the service" in done.stderr
    assert (tmp_path / "countersign.db").read_bytes() == before


def test_a_backup_of_it_is_one_that_0_1_0_can_use(env: dict[str, str], tmp_path: Path) -> None:
    assert run("store", "backup", tmp_path / "saved.db", env=env).exit_code == 0

    assert [schema_of(tmp_path / name) for name in ("countersign.db", "saved.db")] == [1, 1]


def test_a_restore_of_it_says_that_it_was_brought_up(
    env: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "countersign.db").rename(tmp_path / "saved.db")

    assert run("store", "restore", tmp_path / "saved.db", env=env).exit_code == 0

    assert "countersign.db is brought from schema 1 to 2, which no older release reads" in caplog.text
    assert [schema_of(tmp_path / name) for name in ("countersign.db", "saved.db")] == [2, 1]


def test_the_service_brings_it_up_and_says_so(
    env: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    compose.Service(read(env)).close()

    assert "countersign.db is brought from schema 1 to 2, which no older release reads" in caplog.text
    assert "countersign.db has schema 2 now" in caplog.text
    assert run("report", env=env).exit_code == 0
