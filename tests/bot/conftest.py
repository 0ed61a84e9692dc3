"""A background for whoever tests one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.backgrounds import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.background.stop()
    made.store.close()
