"""A world over the sandbox's Google, called in this process through a line that can be disturbed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.auditing.audits import Inspection
from tests.support.clouds import cloud, wire
from tests.support.direct import Wire
from tests.support.googles import google, google_stage, google_url
from tests.support.world import World

__all__ = ["cloud", "google", "google_stage", "google_url", "wire"]


@pytest.fixture
def world(tmp_path: Path, wire: Wire) -> Iterator[World]:
    made = World(tmp_path, granter=wire)
    yield made
    # Whatever a test let happen, each record holds against its chain.
    assert list(Inspection(made.store).faults()) == []
    made.close()
