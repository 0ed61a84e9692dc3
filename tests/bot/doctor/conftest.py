"""A sandbox for a test, and an installation beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.app import Sandbox
from tests.bot.doctor.patients import Patient


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start(iap_port=0) as started:
        yield started


@pytest.fixture
def patient(box: Sandbox, tmp_path: Path) -> Patient:
    return Patient(box, tmp_path)
