"""`countersign store copy`: from one machine to Firestore and back, or not at all."""

from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from tests.bot.commands import environment, run
from tests.support.builders import NOW
from tests.support.emulators import firestore_host, new_project

__all__ = ["firestore_host"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store in a file that 0.1.0 lived in, of nine requests, opened once by this release."""
    path = tmp_path / "store.db"
    path.write_bytes((Path(__file__).parents[1] / "data" / "stores" / "lived.db").read_bytes())
    open_sqlite(path, now=NOW).close()
    return path


@pytest.mark.parametrize(
    ("source", "target"),
    [("store.db", "sqlite:///copy.db"), ("sqlite:///a", "b"), ("sqlite:///a", "firestore://p")],
)
def test_a_place_that_cannot_be_read_is_exit_code_two(tmp_path: Path, source: str, target: str) -> None:
    done = run("store", "copy", source, target, env=environment(tmp_path))

    assert done.exit_code == 2
    assert "Set one such as" in done.output


def test_what_is_there_is_not_replaced(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(b"mine")

    done = run("store", "copy", f"sqlite:///{file}", f"sqlite:///{other}", env=environment(tmp_path))

    assert done.exit_code == 1
    assert "is not replaced" in done.output
    assert other.read_bytes() == b"mine"


def test_a_source_that_is_not_there_makes_nothing(tmp_path: Path) -> None:
    missing, target = tmp_path / "missing.db", tmp_path / "copy.db"

    done = run("store", "copy", f"sqlite:///{missing}", f"sqlite:///{target}", env=environment(tmp_path))

    assert done.exit_code == 1
    assert "does not exist" in done.output
    assert not missing.exists()
    assert not target.exists()


def test_to_firestore_and_back_every_chain_verifies(file: Path, tmp_path: Path, firestore_host: str) -> None:
    cloud, back = f"firestore://{new_project()}/(default)", f"sqlite:///{tmp_path / 'back.db'}"
    env = environment(tmp_path, FIRESTORE_EMULATOR_HOST=firestore_host)

    assert run("audit", "verify", env=env | {"COUNTERSIGN_STORE": cloud}).exit_code == 2
    assert run("store", "copy", f"sqlite:///{file}", cloud, env=env).exit_code == 0
    in_the_cloud = run("audit", "verify", env=env | {"COUNTERSIGN_STORE": cloud})
    copied = run("store", "copy", cloud, back, env=env)
    at_home = run("audit", "verify", env=env | {"COUNTERSIGN_STORE": back})

    counted = "10 chains, {} entries, 0 broken, 9 not anchored yet\n"
    assert (in_the_cloud.exit_code, in_the_cloud.output) == (0, counted.format(44))
    assert copied.exit_code == 0
    assert copied.output.startswith("9 requests and 45 audit entries are copied and verified\n")
    assert (at_home.exit_code, at_home.output) == (0, counted.format(45))


@pytest.mark.parametrize("command", [("backup", "copy.db"), ("restore", "copy.db")])
def test_backups_of_files_are_not_for_firestore(tmp_path: Path, command: tuple[str, str]) -> None:
    env = environment(tmp_path, COUNTERSIGN_STORE="firestore://my-project/(default)")

    done = run("store", *command, env=env)

    assert done.exit_code == 2
    assert "gcloud firestore backups" in done.output
