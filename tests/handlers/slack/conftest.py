from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.handlers.slack.bed import Bed, bed_in
from tests.support.servers import Stage, serve


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[Stage, str]]:
    """One running server for the apps of all tests, and its address."""
    made = Stage()
    with serve(made) as url:
        yield made, url


@pytest.fixture(scope="module")
def shared_bed(tmp_path_factory: pytest.TempPathFactory, stage: tuple[Stage, str]) -> Iterator[Bed]:
    """A bed for all tests of a module, where none leaves anything behind that another one looks at."""
    with bed_in(tmp_path_factory.mktemp("bed"), *stage) as made:
        yield made


@pytest.fixture
def bed(tmp_path: Path, stage: tuple[Stage, str]) -> Iterator[Bed]:
    with bed_in(tmp_path, *stage) as made:
        yield made
