"""The applications' API over the core, with everything outside in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.auditing.audits import Inspection
from tests.support.clouds import cloud, wire
from tests.support.counters import Counter
from tests.support.direct import Wire
from tests.support.world import World

__all__ = ["cloud", "wire"]


@pytest.fixture
def counter(tmp_path: Path, wire: Wire) -> Iterator[Counter]:
    world = World(tmp_path, granter=wire)
    made = Counter(world)
    yield made
    made.close()
    # Whatever a test let happen, each record holds against its chain.
    assert list(Inspection(world.store).faults()) == []
    world.close()
