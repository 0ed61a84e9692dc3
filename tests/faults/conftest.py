from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.patience import LONG, Limits
from tests.support.running import Running, running


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Running]:
    """A running program of the test's own, on a clock that can be moved."""
    with running(tmp_path) as made:
        yield made


@pytest.fixture
def hasty() -> Iterator[Callable[[], None]]:
    """Called, it gives clicks short limits, and the workspace three seconds more: those are a slow machine's.

    That the true ones leave enough is a matter of numbers: `tests/handlers/slack/test_deadline.py`.
    """
    limits = Limits(look_up=1.2, open=1.8, evidence=1.8, answer=3.5, keep=4.0, slack=7.0, signal=8.0, beside=1.0)
    yield limits.set
    LONG.set()
