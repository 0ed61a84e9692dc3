"""The front door over the core, with everything outside in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.auditing.audits import Inspection
from tests.support.direct import Wire
from tests.support.front import Front
from tests.support.world import World


@pytest.fixture
def front(tmp_path: Path, wire: Wire) -> Iterator[Front]:
    world = World(tmp_path, granter=wire)
    made = Front(world, tmp_path)
    yield made
    made.close()
    # Whatever a test let happen, each record holds against its chain.
    assert list(Inspection(world.store).faults()) == []
    world.close()
