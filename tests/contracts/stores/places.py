"""Where each implementation keeps its data, so that a test (or another process) can open it again."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path
from typing import Protocol

from approvals.backends.stores.contents import Contents, Target
from approvals.backends.stores.firestore import database
from approvals.backends.stores.waiting import TimeLeft, for_good
from approvals.ports.store import Store
from bot import stores
from bot.store_urls import FirestoreUrl, SqliteUrl, StoreUrl
from tests.support.builders import NOW
from tests.support.emulators import PATIENCE


class Place(Protocol):
    def open(self, *, time_left: TimeLeft = for_good) -> Store: ...

    def contents(self) -> AbstractContextManager[Contents]: ...

    def filling(self) -> AbstractContextManager[Target]: ...


@dataclass(frozen=True)
class UrlPlace:
    url: StoreUrl
    emulator_host: str | None = None

    def open(self, *, time_left: TimeLeft = for_good) -> Store:
        if parent_process():
            database.TIMEOUT = PATIENCE  # as the tests' own process has it
        return stores.opened(self.url, now=NOW, emulator_host=self.emulator_host, time_left=time_left)

    def settings(self) -> dict[str, str]:
        """What the environment of a service on this place says."""
        host = {"FIRESTORE_EMULATOR_HOST": self.emulator_host} if self.emulator_host else {}
        return {"COUNTERSIGN_STORE": str(self.url)} | host

    def contents(self) -> AbstractContextManager[Contents]:
        return stores.contents(self.url, emulator_host=self.emulator_host)

    def filling(self) -> AbstractContextManager[Target]:
        return stores.filling(self.url, now=NOW, emulator_host=self.emulator_host)


def sqlite_place(path: Path) -> Place:
    return UrlPlace(SqliteUrl(path))


def firestore_place(host: str, project: str) -> Place:
    return UrlPlace(FirestoreUrl(project, "(default)"), host)
