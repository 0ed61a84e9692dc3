"""Files that a start can neither use nor make are named before anything is made, and none is waited for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import stores
from bot.policy_file import contents
from bot.settings import read
from tests.bot.commands import environment
from tests.bot.test_serve import refused
from tests.support.running import POLICY

KINDS: dict[str, Callable[[Path], object]] = {
    "a pipe": lambda path: os.mkfifo(path, 0o600),
    "a directory": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/null"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["signer.jwk", "policy.yaml"])
def test_what_is_no_regular_file_is_named_and_not_waited_for(tmp_path: Path, name: str, kind: str) -> None:
    KINDS[kind](tmp_path / name)

    said = refused(environment(tmp_path), tmp_path)

    assert str(tmp_path / name) in said
    assert "is no regular file" in said


def test_a_link_to_a_policy_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text(POLICY)
    (tmp_path / "policy.yaml").symlink_to("real.yaml")

    assert contents(tmp_path / "policy.yaml") == POLICY.encode()


@pytest.mark.parametrize(
    ("links", "signer", "said"),
    [
        ({"signer.jwk": "nowhere.jwk"}, "signer.jwk", "leads to no file"),
        ({"signer.jwk": "other.jwk", "other.jwk": "signer.jwk"}, "signer.jwk", "leads to no file"),
        ({"keys": "nowhere"}, "keys/signer.jwk", "cannot be made"),
        ({}, "countersign.db", "name a file of its own"),
        ({}, "none/../countersign.db", "name a file of its own"),
        ({}, "countersign.db/signer.jwk", "name a file of its own"),
        ({"here": "."}, "here/countersign.db", "name a file of its own"),
        ({}, "none/../receipts.jwk", "name a file of its own"),
        ({"here": "."}, "here/receipts.jwk", "name a file of its own"),
        ({}, "receipts.jwk/signer.jwk", "name a file of its own"),
    ],
)
def test_a_key_file_that_could_not_be_made_is_named_before_the_store_is_made(
    tmp_path: Path, links: dict[str, str], signer: str, said: str
) -> None:
    for link, target in links.items():
        (tmp_path / link).symlink_to(target)
    keys = {"COUNTERSIGN_SIGNER": f"file:{tmp_path}/{signer}"}
    receipts = {"COUNTERSIGN_RECEIPT_SIGNER": f"file:{tmp_path}/receipts.jwk"}

    assert said in refused(environment(tmp_path, **keys, **receipts), tmp_path)


def test_a_store_behind_links_that_lead_in_a_circle_is_named(tmp_path: Path) -> None:
    (tmp_path / "countersign.db").symlink_to("countersign.db")

    assert "its symbolic links lead in a circle" in refused(environment(tmp_path), tmp_path)


def test_the_default_folder_that_another_instance_makes_first_is_used_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mkdir = Path.mkdir

    def late(path: Path) -> None:
        mkdir(path)
        mkdir(path)

    monkeypatch.setattr(Path, "mkdir", late)
    with (
        pytest.raises(KeyboardInterrupt),
        stores.data_folder(read(environment(tmp_path, COUNTERSIGN_STORE="")).store),
    ):
        raise KeyboardInterrupt

    assert (tmp_path / "data").is_dir()
