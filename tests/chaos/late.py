"""A world in which something can happen just before a call of its store."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from approvals.ports.store import Store
from tests.contracts.stores.places import Place
from tests.support.direct import Wire
from tests.support.doubles import Around
from tests.support.lateness import Late
from tests.support.world import World


@pytest.fixture
def world(tmp_path: Path, late: Late, wire: Wire, place: Place) -> Iterator[World]:
    disk = place.open()
    yield World(tmp_path, granter=wire, store=cast("Store", Around(disk, before=late.before)))
    disk.close()
