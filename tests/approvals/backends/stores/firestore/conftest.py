from collections.abc import Iterator

import pytest

from approvals.backends.stores.firestore import FirestoreStore
from tests.support.emulators import firestore_host, new_project, store_at

__all__ = ["firestore_host"]


@pytest.fixture
def project() -> str:
    return new_project()


@pytest.fixture
def store(firestore_host: str, project: str) -> Iterator[FirestoreStore]:
    opened = store_at(firestore_host, project)
    yield opened
    opened.close()
