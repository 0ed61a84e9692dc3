"""The policy file on disk: what is taken over from it, what is not, and that each is said once."""

import os
import threading
from collections.abc import Collection
from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import SqliteStore, open_sqlite
from approvals.policy.reading.document import PolicyError
from approvals.ports.store import StoredPolicy
from approvals.refusals.errors import Unavailable
from bot.policy_file import PolicyFile
from tests.bot.policy_files import BROKEN, OTHER, errors, file, now, path, store
from tests.support.meetings import many_at_once
from tests.support.running import POLICY

__all__ = ["file", "path", "store"]


def title(file: PolicyFile) -> str:
    return file.current().entitlements["admin"].title


def test_a_file_that_did_not_change_is_not_taken_again(file: PolicyFile, path: Path) -> None:
    first = file.current()
    assert not file.refresh()
    os.utime(path)
    assert not file.refresh()
    assert file.current() is first


def test_a_file_that_was_replaced_is_taken(file: PolicyFile, path: Path) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(OTHER)
    fresh.replace(path)
    assert file.refresh()
    assert title(file) == "Compute administration"


def test_a_file_that_is_being_written_waits_for_its_end(
    file: PolicyFile, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text(OTHER[: OTHER.index("  - id: pair")])
    read = Path.read_bytes

    def meanwhile(self: Path) -> bytes:
        half = read(self)
        path.write_text(OTHER)
        return half

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", meanwhile)
        assert not file.refresh()
    assert title(file) == "Compute admin"
    assert file.refresh()
    assert title(file) == "Compute administration"
    assert "pair" in file.current().entitlements
    assert errors(caplog) == []


def test_a_broken_file_is_said_once_and_the_one_before_stays(
    file: PolicyFile, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text(BROKEN)
    for _ in range(3):
        assert not file.refresh()
    assert title(file) == "Compute admin"
    said, instead = errors(caplog)
    assert f"{path}:2:1" in said
    assert instead == f"the policy before it stays in force: {file.current().digest}"

    path.write_text(OTHER)
    assert file.refresh()


def test_a_file_that_goes_missing_is_said_once_and_taken_when_it_is_back(
    file: PolicyFile, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.unlink()
    for _ in range(3):
        assert not file.refresh()
    assert title(file) == "Compute admin"
    said, instead = errors(caplog)
    assert str(path) in said
    assert instead == f"the policy before it stays in force: {file.current().digest}"

    path.write_text(OTHER)
    assert file.refresh()


def test_the_first_file_must_be_sound(path: Path, store: SqliteStore) -> None:
    path.write_text(BROKEN)
    with pytest.raises(PolicyError, match="nonsense"):
        PolicyFile(path, store=store, clock=now)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        PolicyFile(path, store=store, clock=now)
    assert store.last_good() is None


@pytest.mark.parametrize("state", ["broken", "missing"])
def test_a_later_start_goes_on_with_the_last_good_one(
    file: PolicyFile, path: Path, store: SqliteStore, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text(BROKEN) if state == "broken" else path.unlink()
    again = PolicyFile(path, store=store, clock=now)
    assert again.current().digest == file.current().digest
    assert any("the last good policy stays in force" in said for said in errors(caplog))
    said = len(errors(caplog))
    again.refresh()
    assert len(errors(caplog)) == said

    path.write_text(OTHER)
    assert again.refresh()


def test_what_the_store_could_not_keep_is_not_in_force_and_is_tried_again(path: Path, store: SqliteStore) -> None:
    shaky = Shaky(store)
    file = PolicyFile(path, store=shaky, clock=now)  # type: ignore[arg-type]
    file.record()
    path.write_text(OTHER)
    shaky.fails = True
    with pytest.raises(Unavailable):
        file.refresh()
    assert title(file) == "Compute admin"

    shaky.fails = False
    assert file.refresh()
    assert title(file) == "Compute administration"
    kept = store.last_good()
    assert kept is not None
    assert "Compute administration" in kept.text


def test_of_processes_that_read_one_file_at_once_each_has_it_in_force(path: Path, tmp_path: Path) -> None:
    stores = [open_sqlite(tmp_path / "countersign.db", now=now()) for _ in range(6)]
    files = [PolicyFile(path, store=store, clock=now) for store in stores]
    many_at_once(6, lambda number: files[number].record())
    assert {title(file) for file in files} == {"Compute admin"}
    path.write_text(OTHER)
    found = many_at_once(6, lambda number: files[number].refresh())
    assert found == [True] * 6
    assert {title(file) for file in files} == {"Compute administration"}
    for each in stores:
        each.close()


def test_a_byte_order_mark_and_typed_umlauts_survive_a_restart(path: Path, store: SqliteStore) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + POLICY.replace("Compute admin", "Verwaltung für alle").encode())
    PolicyFile(path, store=store, clock=now).record()
    path.unlink()
    assert title(PolicyFile(path, store=store, clock=now)) == "Verwaltung für alle"


def test_a_pipe_in_the_file_s_place_is_complained_of_and_not_waited_for(
    file: PolicyFile, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.unlink()
    os.mkfifo(path)
    look = threading.Thread(target=file.refresh, daemon=True)
    look.start()
    look.join(60)

    assert not look.is_alive()
    assert title(file) == "Compute admin"
    assert "no regular file" in "".join(errors(caplog))


class Unreachable:
    """A store that nobody may ask."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} was asked of the store")


def test_a_sound_file_is_read_before_the_store_is_asked_and_in_force_no_earlier(path: Path) -> None:
    """It may be looser than the one in force, which only the store knows."""
    file = PolicyFile(path, store=Unreachable(), clock=now)  # type: ignore[arg-type]
    assert file.read.entitlements["admin"].title == "Compute admin"
    with pytest.raises(AssertionError, match="last_good was asked"):
        file.current()


def test_the_policy_of_the_start_is_recorded_once_as_soon_as_the_store_can(path: Path, store: SqliteStore) -> None:
    shaky = Shaky(store)
    file = PolicyFile(path, store=shaky, clock=now)  # type: ignore[arg-type]
    shaky.fails = True
    for _ in range(2):
        with pytest.raises(Unavailable):
            file.refresh()
    assert (store.last_good(), store.entries("")) == (None, [])

    shaky.fails = False
    for _ in range(2):
        assert not file.refresh()
    kept = store.last_good()
    assert kept is not None
    assert kept.digest == file.current().digest
    assert [entry.action for entry in store.entries("")] == ["policy.loaded"]


def test_the_policy_that_was_in_force_before_is_not_recorded_again(
    file: PolicyFile, path: Path, store: SqliteStore
) -> None:
    again = PolicyFile(path, store=store, clock=now)
    again.record()
    assert [entry.action for entry in store.entries("")] == ["policy.loaded"]


class Shaky:
    """A store that at times cannot keep a policy."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.fails = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def keep(self, policy: StoredPolicy, *, instead_of: str | None = None, wake: Collection[str] = ()) -> None:
        if self.fails:
            raise Unavailable("the store is busy")
        self._store.keep(policy, instead_of=instead_of, wake=wake)


def test_a_last_good_policy_that_is_not_what_its_digest_covers_is_not_used(
    path: Path, file: PolicyFile, store: SqliteStore
) -> None:
    kept = store.last_good()
    assert kept is not None
    widened = POLICY.replace("Compute admin", "Everything")
    store.keep(StoredPolicy(digest=kept.digest, text=widened, source=kept.source, loaded_at=kept.loaded_at))
    path.write_text(BROKEN)

    with pytest.raises(PolicyError, match="somebody changed it there"):
        PolicyFile(path, store=store, clock=now)
