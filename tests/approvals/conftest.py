"""A world over the sandbox's Google, called in this process through a line that can be disturbed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.audits import Inspection
from sandbox.google import Google
from tests.support.builders import RESOURCE
from tests.support.direct import Wire, direct_iam
from tests.support.world import World


@pytest.fixture
def cloud() -> Google:
    google = Google()
    google.add(RESOURCE)
    return google


@pytest.fixture
def wire(cloud: Google) -> Wire:
    return Wire(direct_iam(cloud))


@pytest.fixture
def world(tmp_path: Path, wire: Wire) -> Iterator[World]:
    made = World(tmp_path, granter=wire)
    yield made
    # Whatever a test let happen, each record holds against its chain.
    assert list(Inspection(made.store).faults()) == []
    made.close()
