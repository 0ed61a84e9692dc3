"""The one long test of all starts first, so that nobody waits for it alone."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name != "test_play.py")
