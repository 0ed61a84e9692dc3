"""`countersign policy accept --break-glass` and `show`: the way out where nobody can accept what is held."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import SqliteStore, open_sqlite
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import StoredPolicy
from bot.policy_file import PolicyFile
from tests.bot.commands import run
from tests.bot.test_policy_held import LOOSE as LOOSER
from tests.bot.test_policy_held import Office, cloud, office, wire
from tests.support.builders import NOW
from tests.support.doubles import Clock
from tests.support.running import POLICY

__all__ = ["cloud", "office", "wire"]

TIGHT = POLICY.replace("entitlements:", "change: {approvers: [bob@example.com]}\nentitlements:", 1)
LOOSE = TIGHT.replace("change: {approvers: [bob@example.com]}\n", "")
FORCED = ("policy", "accept", "--break-glass", "--because", "Bob has left")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A store in which a policy is in force, and a file that would take away that changes are accepted."""
    (tmp_path / "policy.yaml").write_text(LOOSE)
    with_store(tmp_path).keep(
        StoredPolicy(digest=digest_of(TIGHT), text=TIGHT, source="policy.yaml", loaded_at=NOW)
    )
    return {
        "COUNTERSIGN_POLICY": str(tmp_path / "policy.yaml"),
        "COUNTERSIGN_STORE": f"sqlite:///{tmp_path / 'store.db'}",
    }


OPENED: list[SqliteStore] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Whatever a test has opened is closed behind it."""
    yield
    while OPENED:
        OPENED.pop().close()


def with_store(folder: Path) -> SqliteStore:
    OPENED.append(open_sqlite(folder / "store.db", now=NOW))
    return OPENED[-1]


@pytest.mark.parametrize(
    "arguments",
    [("policy", "accept"), ("policy", "accept", "--because", "x"), (*FORCED[:3], "--because", " "), FORCED[:3]],
    ids=["alone", "without saying that it is one", "without a word", "without a reason"],
)
def test_nothing_is_accepted_by_a_command_but_loudly(
    env: dict[str, str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = run(*arguments, env=env)

    assert done.exit_code == 2
    kept = with_store(tmp_path).last_good()
    assert kept is not None
    assert kept.digest == digest_of(TIGHT)


def test_a_broken_file_is_not_put_in_force(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("version: 1\n")
    assert run(*FORCED, env=env).exit_code == 1


def test_break_glass_puts_the_file_in_force_and_the_audit_says_who_did_it(
    env: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, clock = with_store(tmp_path), Clock()
    serving = PolicyFile(tmp_path / "policy.yaml", store=store, clock=clock)
    serving.refresh()
    assert serving.current().digest == digest_of(TIGHT)

    done = run(*FORCED, env=env)

    assert done.exit_code == 0
    assert "in force by break-glass, accepted by nobody" in done.stdout
    forced, loaded = store.entries("")[-2:]
    assert (forced.action, loaded.action) == ("policy.forced", "policy.loaded")
    assert forced.actor.startswith("os:")
    assert "Bob has left" not in str(forced.detail)
    assert serving.refresh()
    assert serving.current().digest == digest_of(LOOSE)
    assert "put in force by break-glass, accepted by nobody" in run("policy", "show", env=env).stdout
    assert run("audit", "verify", env=env).exit_code == 0
    assert [each for each in caplog.records if each.levelno == logging.ERROR]


def test_what_is_in_force_already_is_not_accepted(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(TIGHT)
    done = run(*FORCED, env=env)

    assert done.exit_code == 1
    assert "it is in force" in done.stderr


@pytest.mark.parametrize(
    "text", [TIGHT.replace("needed: 2}", "needed: 3}"), TIGHT + "# a word\n"], ids=["narrower", "the same"]
)
def test_what_nobody_has_to_accept_is_not_accepted_loudly(env: dict[str, str], tmp_path: Path, text: str) -> None:
    (tmp_path / "policy.yaml").write_text(text)
    done = run(*FORCED, env=env)

    assert done.exit_code == 1
    assert "nobody has to accept it, and a running service takes it within seconds" in done.stderr
    assert "policy.forced" not in [entry.action for entry in with_store(tmp_path).entries("")]


def test_what_was_forced_once_and_accepted_later_is_not_called_forced(env: dict[str, str], tmp_path: Path) -> None:
    assert run(*FORCED, env=env).exit_code == 0
    store = with_store(tmp_path)
    for text in (TIGHT, LOOSE):
        store.keep(StoredPolicy(digest=digest_of(text), text=text, source="policy.yaml", loaded_at=NOW))
    assert "break-glass" not in run("policy", "show", env=env).stdout.partition("version:")[0]


def test_show_says_how_the_file_stands_to_the_policy_in_force(env: dict[str, str], tmp_path: Path) -> None:
    looser = "is another one, and looser: a running service that reads it holds it until it is accepted"
    taken = "is another one: a running service that reads it takes it within seconds"
    for text, said in ((LOOSE, looser), (TIGHT + "# a word\n", taken), (TIGHT, "is this one")):
        (tmp_path / "policy.yaml").write_text(text)
        shown = run("policy", "show", env=env).stdout
        assert said in shown
        assert "a looser policy is held" not in shown


def test_show_says_what_is_held_and_whose_acceptance_it_waits_for(office: Office) -> None:
    office.write(LOOSER)
    asked = office.asked
    env = {
        "COUNTERSIGN_POLICY": str(office.path),
        "COUNTERSIGN_STORE": f"sqlite:///{office.path.parent / 'store.db'}",
    }

    shown = run("policy", "show", env=env).stdout

    assert f"# {asked.id} asks 2 of bob@example.com or carol@example.com to accept it, and is pending" in shown
    done = run(*FORCED, env=env)
    assert done.exit_code == 0
    assert "a looser policy is held" not in run("policy", "show", env=env).stdout
