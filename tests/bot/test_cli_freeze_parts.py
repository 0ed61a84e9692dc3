"""`countersign freeze` and `thaw` of one entitlement or one person: on a store, and over a restore."""

from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.freezes import parting
from approvals.parts import Part
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import StoredPolicy
from tests.bot.commands import environment, run
from tests.support.builders import NOW
from tests.support.world import POLICY

ALICE = "alice@example.com"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Settings for a store that holds a policy."""
    store = open_sqlite(tmp_path / "countersign.db", now=NOW)
    store.keep(StoredPolicy(digest=digest_of(POLICY), text=POLICY, source="policy.yaml", loaded_at=NOW))
    store.close()
    return environment(tmp_path)


def frozen(folder: Path) -> tuple[Part, ...]:
    store = open_sqlite(folder / "countersign.db", now=NOW)
    found = parting.read(store).parts
    store.close()
    return found


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("--person", ALICE, "--entitlement", "admin"), 2, "name either --person ADDRESS or --entitlement ID"),
        (("--person", "alice"), 2, "'alice' is not one plain e-mail address"),
        (("--entitlement", "amdin"), 1, "the policy names no entitlement 'amdin', so nothing was frozen"),
    ],
)
def test_what_is_not_frozen_says_why(
    env: dict[str, str], tmp_path: Path, given: tuple[str, ...], code: int, said: str
) -> None:
    done = run("freeze", *given, "--because", "INC-7", env=env)

    assert (done.exit_code, said in done.output) == (code, True)
    assert frozen(tmp_path) == ()


@pytest.mark.parametrize(
    ("given", "name", "addresses"),
    [
        (("--entitlement", "admin"), "admin", ()),
        (("--person", "A.Smith@example.com"), ALICE, ("a.smith@example.com", ALICE)),
    ],
)
def test_it_says_what_stops_and_how_to_lift_it(
    env: dict[str, str], tmp_path: Path, given: tuple[str, ...], name: str, addresses: tuple[str, ...]
) -> None:
    done = run("freeze", *given, "--because", "INC-7", env=env)

    assert done.exit_code == 0
    assert f"{name} is frozen: " in done.output
    assert f"`countersign thaw {given[0]} {name}` lifts it" in done.output
    (part,) = frozen(tmp_path)
    assert (part.name, part.addresses, part.why) == (name, addresses, "INC-7")
    again = run("freeze", *given, env=env).output
    assert again.startswith(f"{name} is frozen, since 20")
    assert again.endswith(" (INC-7); nothing was changed\n")
    assert run("audit", "verify", env=env).exit_code == 0
    assert f"`countersign thaw {given[0]} {name}` lifts it" in run("thaw", env=env).output

    assert "is thawed" in run("thaw", *given, env=env).output
    assert frozen(tmp_path) == ()
    assert "is not frozen by itself; nothing was changed" in run("thaw", *given, env=env).output


def test_a_restore_keeps_what_the_store_that_it_replaces_had_frozen(env: dict[str, str], tmp_path: Path) -> None:
    run("freeze", "--entitlement", "logs", env=env)
    assert run("store", "backup", str(tmp_path / "kept.db"), env=env).exit_code == 0
    run("freeze", "--person", ALICE, "--because", "INC-7", env=env)

    done = run("store", "restore", str(tmp_path / "kept.db"), "--replace", env=env)

    assert done.exit_code == 0, done.output
    assert [part.name for part in frozen(tmp_path)] == ["logs", ALICE]
    assert f"`countersign thaw --person {ALICE}` lifts it" in done.output
    assert run("audit", "verify", env=env).exit_code == 0
