"""A sign-in is kept for its own user alone, and what others may have read is not used."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from countersign_client.errors import Unusable
from countersign_client.signin import kept
from countersign_client.signin.desktop import Desktop
from countersign_client.signin.kept import Login

TOKEN = "1//0refresh"
LOGIN = Login(
    url="https://countersign.example.com",
    by="person",
    iap_client="1-pages",
    client=Desktop(client_id="1-a", client_secret="GOCSPX-a"),
    refresh_token=TOKEN,
)


class Ring(KeyringBackend):  # type: ignore[misc]  # nobody said what it is
    """A keyring of this process, as the system's: it can be locked, and worth less than a file."""

    priority = 5.0

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked("locked")
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_locked:
            raise KeyringLocked("locked")
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.held.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings" / "countersign" / "login.json"


# --- what is refused


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o610])
def test_a_file_that_others_may_touch_is_refused(path: Path, mode: int) -> None:
    kept.keep(path, LOGIN, with_keyring=False)
    path.chmod(mode)
    with pytest.raises(Unusable, match="may be read by others") as refused:
        kept.read(path)
    assert f"chmod 600 {path}" in str(refused.value)


def test_a_link_is_refused(path: Path, tmp_path: Path) -> None:
    kept.keep(tmp_path / "elsewhere.json", LOGIN, with_keyring=False)
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(Unusable, match="cannot be read"):
        kept.read(path)


def test_what_is_no_plain_file_is_refused_at_once(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.mkfifo(path, 0o600)
    with pytest.raises(Unusable, match="is no plain file"):
        kept.read(path)


def test_another_users_file_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.keep(path, LOGIN, with_keyring=False)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(Unusable, match="belongs to somebody else"):
        kept.read(path)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"url": 1, "by": "person"}', "\x00"])
def test_what_is_no_sign_in_is_refused(path: Path, text: str) -> None:
    kept.keep(path, LOGIN, with_keyring=False)
    path.write_text(text)
    with pytest.raises(Unusable, match="run countersign login again"):
        kept.read(path)


def test_who_never_signed_in_is_told_how(path: Path) -> None:
    with pytest.raises(Unusable, match="nobody is signed in here: run countersign login"):
        kept.read(path)


def test_a_place_where_nothing_can_be_kept_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unusable, match="cannot be kept"):
        kept.keep(tmp_path / "file" / "login.json", LOGIN, with_keyring=False)


def test_a_keyring_that_does_not_open_is_named(path: Path, ring: Ring) -> None:
    kept.keep(path, LOGIN)
    ring.is_locked = True
    with pytest.raises(Unusable, match="unlock it"):
        kept.read(path)


def test_a_keyring_that_was_emptied_is_named(path: Path, ring: Ring) -> None:
    kept.keep(path, LOGIN)
    ring.held.clear()
    with pytest.raises(Unusable, match="no longer: run countersign login"):
        kept.read(path)


# --- what is kept


def test_without_a_keyring_the_file_holds_it_for_this_user_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(0)
    try:
        kept.keep(path, LOGIN, with_keyring=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert kept.read(path) == LOGIN
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_with_a_keyring_no_file_holds_it(path: Path, ring: Ring) -> None:
    kept.keep(path, LOGIN)
    assert TOKEN not in path.read_text()
    assert list(ring.held.values()) == [TOKEN]
    assert kept.read(path).refresh_token == TOKEN


@pytest.mark.parametrize("how", ["locked", "worth less", "not wanted"])
def test_a_keyring_that_cannot_be_used_leaves_it_to_the_file(
    path: Path, ring: Ring, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.is_locked = how == "locked"
    if how == "worth less":
        monkeypatch.setattr(Ring, "priority", 0.5)
    kept.keep(path, LOGIN, with_keyring=how != "not wanted")
    assert ring.held == {}
    assert kept.read(path).refresh_token == TOKEN


def test_a_new_sign_in_takes_the_place_of_the_old_one(path: Path, ring: Ring) -> None:
    kept.keep(path, LOGIN)
    kept.keep(path, Login(url=LOGIN.url, by="person", client=LOGIN.client, refresh_token="1//0newer"))
    assert list(ring.held.values()) == ["1//0newer"]


def test_what_is_forgotten_is_gone_from_both(path: Path, ring: Ring) -> None:
    kept.keep(path, LOGIN)
    assert kept.forget(path)
    assert not kept.forget(path)
    assert (ring.held, path.exists()) == ({}, False)


def test_the_file_stands_in_the_users_folder_for_settings() -> None:
    assert kept.place({"HOME": "/h"}) == Path("/h/.config/countersign/login.json")
    assert kept.place({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}) == Path("/x/countersign/login.json")
