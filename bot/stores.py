"""The store that a URL names. What a store is made of loads when one is opened."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from approvals.backends.stores.contents import Contents, Target
from approvals.backends.stores.waiting import TimeLeft, for_good
from approvals.freezes.frozen import Frozen
from approvals.ports.examining import Diagnosis
from approvals.ports.store import Store
from bot.store_urls import SqliteUrl, StoreUrl

if TYPE_CHECKING:
    from approvals.backends.stores.copies import Copied


DATA = Path("data")
"""Where the store is unless it is told otherwise: made when it is missing. Any other directory must be there."""


@contextmanager
def data_folder(url: StoreUrl) -> Iterator[None]:
    """Make the default folder where the store is to lie there. A start that fails leaves no empty one."""
    made = False
    if isinstance(url, SqliteUrl) and url.path.parent == DATA:
        # Another instance may make it at this moment: then it is not ours to remove.
        with suppress(FileExistsError):
            DATA.mkdir()
            made = True
    try:
        yield
    except BaseException:
        if made:
            with suppress(OSError):
                DATA.rmdir()
        raise


def is_new(url: StoreUrl) -> bool:
    """Opening makes it. Of a store in Firestore that is not known before the first use."""
    return isinstance(url, SqliteUrl) and not url.path.exists()


def opened(url: StoreUrl, *, now: datetime, emulator_host: str | None, time_left: TimeLeft = for_good) -> Store:
    """Open a store, making it when there is none. `time_left` says how long the calling thread may wait for it.

    Raises `StoreError` when it cannot be used. Firestore is not called before the first use, and says it then.
    """
    if isinstance(url, SqliteUrl):
        from approvals.backends.stores.sqlite import open_sqlite  # noqa: PLC0415

        return open_sqlite(url.path, now=now, time_left=time_left)
    from approvals.backends.stores.firestore import open_firestore  # noqa: PLC0415

    return open_firestore(url.project, url.database, now=now, emulator_host=emulator_host, time_left=time_left)


def of_this_release(url: StoreUrl, *, now: datetime, emulator_host: str | None) -> Store:
    """Open a store that is there: to bring one up to this release is the service's business.

    Raises `StoreError`, also for one of another release.
    """
    with contents(url, emulator_host=emulator_host) as found:
        next(iter(found.items()))
    return opened(url, now=now, emulator_host=emulator_host)


def examine(where: str, opened: Callable[[], Store]) -> Iterator[Diagnosis]:
    """Say whether a store keeps what it is given."""
    from approvals.backends.stores.examining import examine as examined  # noqa: PLC0415

    return examined(where, opened)


@contextmanager
def contents(url: StoreUrl, *, emulator_host: str | None) -> Iterator[Contents]:
    """Give all that a store holds, to read."""
    if isinstance(url, SqliteUrl):
        from approvals.backends.stores.sqlite.copying import SqliteContents  # noqa: PLC0415

        yield SqliteContents(url.path)
        return
    from approvals.backends.stores.firestore import FirestoreContents  # noqa: PLC0415

    with closing(FirestoreContents(url.project, url.database, emulator_host=emulator_host)) as found:
        yield found


@contextmanager
def filling(url: StoreUrl, *, now: datetime, emulator_host: str | None) -> Iterator[Target]:
    """Give an empty store to fill. Raises `StoreError` when there is something already."""
    if isinstance(url, SqliteUrl):
        from approvals.backends.stores.sqlite.copying import filling as filling_file  # noqa: PLC0415

        with filling_file(url.path, now=now) as file:
            yield file
        return
    from approvals.backends.stores.firestore import filling as filling_database  # noqa: PLC0415

    with filling_database(url.project, url.database, emulator_host=emulator_host) as database:
        yield database


def backup(source: Path, target: Path) -> None:
    """Copy a store's file, whole and consistent, while the service runs. Raises `StoreError`."""
    from approvals.backends.stores.sqlite.backups import backup as copied  # noqa: PLC0415

    copied(source, target)


def frozen_in(path: Path) -> Frozen | None:
    """What of a store's file is frozen; None where nothing is, or there is none. Raises `StoreError`."""
    from approvals.backends.stores.sqlite.freezes import frozen_in as found  # noqa: PLC0415

    return found(path)


def restore(
    source: Path,
    target: Path,
    *,
    actor: str,
    now: datetime,
    warn: Callable[[str], object],
    replace: bool,
    frozen: Frozen | None,
) -> None:
    """Put a backup in the place of a store's file, which keeps a freeze. Raises `StoreError`."""
    from approvals.backends.stores.sqlite.backups import restore as restored  # noqa: PLC0415

    restored(source, target, actor=actor, now=now, warn=warn, replace=replace, frozen=frozen)


def copy(source: StoreUrl, target: StoreUrl, *, actor: str, now: datetime, emulator_host: str | None) -> "Copied":
    """Copy a store into an empty one, and verify it. Raises `StoreError`."""
    from approvals.backends.stores.copies import copy as copied  # noqa: PLC0415

    with (
        contents(source, emulator_host=emulator_host) as full,
        filling(target, now=now, emulator_host=emulator_host) as empty,
    ):
        return copied(full, empty, actor=actor, now=now)
