from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Running, running


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Running]:
    """A running program of the test's own, on a clock that can be moved."""
    with running(tmp_path) as made:
        yield made
