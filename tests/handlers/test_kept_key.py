"""A key that all instances on one store share: whichever made it, and however late an instance hears of that."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import SqliteStore, open_sqlite
from approvals.ports.store import Memory
from handlers.kept_key import KeptKey
from tests.support.builders import NOW

NAME, THEIRS = "forms", "5a" * 32


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = open_sqlite(tmp_path / "countersign.db", now=NOW)
    yield opened
    opened.close()


class Raced:
    """A store in which another instance keeps a key of its own right behind ours."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def recall(self, key: str) -> str | None:
        return self._memory.recall(key)

    def remember(self, key: str, value: str) -> None:
        self._memory.remember(key, value)
        self._memory.remember(key, THEIRS)

    def forget(self, key: str) -> None:
        self._memory.forget(key)


def test_a_key_that_everybody_could_guess_makes_no_code(store: SqliteStore) -> None:
    store.remember(NAME, "00")
    with pytest.raises(ValueError, match="guess"):
        KeptKey(store, NAME).mac("bob")


def test_a_code_of_a_key_that_is_kept_no_more_or_over_something_else_does_not_fit(store: SqliteStore) -> None:
    code = KeptKey(store, NAME).mac("bob", 1)
    assert KeptKey(store, NAME).fits(code, "bob", 1)
    assert not KeptKey(store, NAME).fits(code, "bob", 2)
    store.remember(NAME, THEIRS)

    assert not KeptKey(store, NAME).fits(code, "bob", 1)


def test_what_one_instance_made_by_a_newer_key_fits_at_one_that_remembers_the_older(store: SqliteStore) -> None:
    here = KeptKey(store, NAME)
    here.mac("bob")
    store.remember(NAME, THEIRS)

    assert here.fits(KeptKey(store, NAME).mac("bob"), "bob")


def test_of_two_that_make_a_key_at_once_both_use_the_one_that_is_kept(store: SqliteStore) -> None:
    code = KeptKey(Raced(store), NAME).mac("bob")

    assert store.recall(NAME) == THEIRS
    assert KeptKey(store, NAME).fits(code, "bob")
