"""A policy file on disk beside a store, as a start finds them and puts the file in force."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import SqliteStore, open_sqlite
from bot.policy_file import PolicyFile
from tests.support.running import POLICY

OTHER = POLICY.replace("Compute admin", "Compute administration")
BROKEN = POLICY.replace("version: 1", "version: 1\nnonsense: 1")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = open_sqlite(tmp_path / "countersign.db", now=now())
    yield opened
    opened.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


@pytest.fixture
def file(path: Path, store: SqliteStore) -> PolicyFile:
    made = PolicyFile(path, store=store, clock=now)
    made.record()
    return made


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
