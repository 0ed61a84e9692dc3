"""A running service, and people who have signed in to it from terminals of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.desk import Desk, offices
from tests.support.running import Running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desks")


@pytest.fixture(scope="module")
def office(folder: Path) -> Iterator[Running]:
    with offices(folder) as office:
        yield office


def _at(office: Running, folder: Path, who: str) -> Desk:
    desk = Desk(office, folder / who, who)
    done = desk.login("--no-keyring")
    assert done.exit_code == 0, done.output
    return desk


@pytest.fixture(scope="module")
def alice(office: Running, folder: Path) -> Desk:
    return _at(office, folder, "alice")


@pytest.fixture(scope="module")
def bob(office: Running, folder: Path) -> Desk:
    return _at(office, folder, "bob")


@pytest.fixture(scope="module")
def carol(office: Running, folder: Path) -> Desk:
    return _at(office, folder, "carol")


@pytest.fixture(scope="module")
def eve(office: Running, folder: Path) -> Desk:
    """She may ask, and decides nothing."""
    return _at(office, folder, "eve")


@pytest.fixture
def nobody(office: Running, tmp_path: Path) -> Desk:
    return Desk(office, tmp_path, "dan")
