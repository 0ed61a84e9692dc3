"""A background for whoever tests one. The one long test of all starts first, so that nobody waits for it alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.backgrounds import Bench


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name != "test_play.py")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.background.stop()
    made.store.close()
