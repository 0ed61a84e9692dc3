"""`audit`, `store` and `key`: on a store with a history, sound or tampered with."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.bot.commands import environment, run
from tests.support.running import running


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder whose store has seen one approved request, and that request's id."""
    folder = tmp_path_factory.mktemp("lived")
    with running(folder) as office:
        asked = office.ask("alice", "admin")
        office.approve("bob", asked)
        office.granted(asked)
        office.settled()
    return folder, asked


@pytest.fixture
def used(lived: tuple[Path, str], tmp_path: Path) -> tuple[dict[str, str], str]:
    """Settings for a copy of that store, which a test may spoil, and the request's id."""
    folder, asked = lived
    for name in ("countersign.db", "signer.jwk"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
        (tmp_path / name).chmod(0o600)
    return environment(tmp_path), asked


def store_of(env: dict[str, str]) -> Path:
    return Path(env["COUNTERSIGN_STORE"].removeprefix("sqlite:///"))


def verified(env: dict[str, str]) -> str:
    """What is said of the two chains as they are: the request's grew since it was anchored, if it was by then."""
    with closing(sqlite3.connect(store_of(env))) as connection:
        (count,) = connection.execute("SELECT count(*) FROM audit").fetchone()
    return f"2 chains, {count} entries, 0 broken, 1 not anchored yet\n"


def spoil(env: dict[str, str], *statements: str) -> None:
    """Do what somebody does who has the file and no scruples."""
    with closing(sqlite3.connect(store_of(env))) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_whole_history_is_verified(used: tuple[dict[str, str], str]) -> None:
    done = run("audit", "verify", env=used[0])
    assert done.exit_code == 0
    assert done.output == verified(used[0])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET body = replace(body, 'bob@example.com', 'dan@example.com') WHERE chain = '{id}'",
        "DELETE FROM audit WHERE chain = '{id}' AND seq = 2",
        "DELETE FROM audit WHERE chain = '{id}' AND seq = 4",
        "DELETE FROM audit WHERE chain = '{id}'",
        "UPDATE audit SET body = '{{' WHERE chain = '{id}' AND seq = 1",
    ],
    ids=["changed", "missing in the middle", "cut off", "gone", "garbage"],
)
def test_a_chain_that_was_tampered_with_is_named(used: tuple[dict[str, str], str], statement: str) -> None:
    env, asked = used
    spoil(env, statement.format(id=asked))
    done = run("audit", "verify", env=env)

    assert done.exit_code == 1
    assert f"broken: {asked}" in done.output
    assert "1 broken" in done.output


def test_a_break_in_the_installations_own_chain_is_named(used: tuple[dict[str, str], str]) -> None:
    spoil(used[0], "DELETE FROM audit WHERE chain = ''")
    done = run("audit", "verify", env=used[0])
    assert done.exit_code == 1
    assert "broken: the installation" in done.output


def test_export_prints_each_entry_with_its_hash(used: tuple[dict[str, str], str]) -> None:
    env, asked = used
    done = run("audit", "export", env=env)
    entries = [json.loads(line) for line in done.output.splitlines()]

    assert done.exit_code == 0
    assert [entry["action"] for entry in entries if entry["request"] == asked] == [
        "request.filed",
        "review.approve",
        "request.approved",
        "grant.active",
    ]
    mine = [entry for entry in entries if entry["request"] == asked]
    assert [entry["prev"] for entry in mine[1:]] == [entry["hash"] for entry in mine[:-1]]
    assert "INC-1 disk full" not in done.output


def test_a_live_store_is_verified_backed_up_and_exported(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        asked = office.ask("alice", "admin")
        assert run("audit", "verify", env=office.environ).exit_code == 0
        assert asked in run("audit", "export", env=office.environ).output
        assert run("store", "backup", tmp_path / "copy.db", env=office.environ).exit_code == 0
        in_use = run("store", "restore", tmp_path / "copy.db", "--replace", env=office.environ)
        assert in_use.exit_code == 1
        assert "stop the service first" in in_use.output
        office.approve("bob", asked)


def test_a_backup_replaces_nothing_and_a_restore_only_when_told(
    used: tuple[dict[str, str], str], tmp_path: Path
) -> None:
    env, asked = used
    copy = tmp_path / "copy.db"
    assert run("store", "backup", copy, env=env).exit_code == 0
    for again in (run("store", "backup", copy, env=env), run("store", "restore", copy, env=env)):
        assert again.exit_code == 1
        assert "exists" in again.output
    assert "add --replace" in again.output

    assert run("store", "restore", copy, "--replace", env=env).exit_code == 0
    kept = store_of(env).with_name("countersign.db.before-restore")
    assert kept.is_file()
    assert run("audit", "verify", env=env).output == verified(env)
    assert asked in run("audit", "export", env=env).output


@pytest.mark.parametrize("raw", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 200])
def test_what_is_no_backup_is_not_restored(used: tuple[dict[str, str], str], tmp_path: Path, raw: bytes) -> None:
    env, _ = used
    before = store_of(env).read_bytes()
    (tmp_path / "bad.db").write_bytes(raw)
    done = run("store", "restore", tmp_path / "bad.db", "--replace", env=env)

    assert done.exit_code == 1
    assert "bad.db" in done.output
    assert store_of(env).read_bytes() == before


@pytest.mark.parametrize(
    "command",
    [("audit", "verify"), ("audit", "export"), ("store", "backup", "copy.db"), ("store", "restore", "none.db")],
)
def test_what_is_not_there_is_exit_code_two(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run(*command, env=environment(tmp_path))
    assert done.exit_code == 2
    assert "there is no" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["policy.yaml"]


def test_a_store_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    env = environment(tmp_path)
    store_of(env).write_bytes(b"x" * 5000)
    done = run("audit", "verify", env=env)
    assert done.exit_code == 2
    assert "damaged or no SQLite database" in done.output


def test_a_rotated_key_signs_and_the_one_before_stays(used: tuple[dict[str, str], str], tmp_path: Path) -> None:
    keys = tmp_path / "signer.jwk"
    before = [key["kid"] for key in json.loads(keys.read_bytes())["keys"]]
    done = run("key", "rotate", env=used[0])
    after = [key["kid"] for key in json.loads(keys.read_bytes())["keys"]]

    assert done.exit_code == 0
    assert len(after) == 2
    assert set(before) < set(after)
    assert (set(after) - set(before)).pop() in done.output
    assert keys.stat().st_mode & 0o777 == 0o600


def test_a_key_file_that_is_none_is_not_rotated(tmp_path: Path) -> None:
    env = environment(tmp_path)
    assert run("key", "rotate", env=env).exit_code == 2
    (tmp_path / "signer.jwk").write_text('{"keys": 7}')
    done = run("key", "rotate", env=env)
    assert done.exit_code == 1
    assert "signer.jwk" in done.output
    assert (tmp_path / "signer.jwk").read_text() == '{"keys": 7}'


def test_settings_that_cannot_be_used_are_all_named(tmp_path: Path) -> None:
    env = environment(tmp_path, COUNTERSIGN_STORE="nowhere", COUNTERSIGN_STOER="x", PORT="x")
    done = run("audit", "verify", env=env)
    assert done.exit_code == 2
    for name in ("COUNTERSIGN_STORE: ", "COUNTERSIGN_STOER: ", "PORT: "):
        assert name in done.output


def test_a_backup_of_a_store_that_is_not_there_says_where_to_look(tmp_path: Path) -> None:
    done = run("store", "backup", tmp_path / "copy.db", env=environment(tmp_path))

    assert done.exit_code == 2
    assert "run this in the folder where the service runs, or set COUNTERSIGN_STORE" in done.stderr
    assert not (tmp_path / "copy.db").exists()
