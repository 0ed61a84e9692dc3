from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import Running, running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One running program for all tests of a module, each of which asks for itself and leaves the rest alone."""
    with running(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Running]:
    """A running program of the test's own."""
    with running(tmp_path) as made:
        yield made
