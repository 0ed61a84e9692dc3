"""The store and settings that the administration commands work on."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from approvals.backends.stores.errors import StoreError
from approvals.ports.store import Store, StoredPolicy
from approvals.refusals.errors import CountersignError, NotFound
from approvals.requests import Request
from bot import stores
from bot.cli.ends import existing, unusable
from bot.settings import Local, SettingsError, read_local
from bot.store_urls import SqliteUrl

STORE_HINT = "run this in the folder where the service runs, or set COUNTERSIGN_STORE as the service has it"


def settings() -> Local:
    """The settings from the environment, or the end with exit code 2."""
    try:
        return read_local(os.environ)
    except SettingsError as error:
        unusable(error)


@contextmanager
def opened(local: Local) -> Iterator[Store]:
    """The store of these settings, which must be there, closed afterwards."""
    try:
        store = _existing(local)
    except CountersignError as error:
        unusable(error)
    with closing(store):
        yield store


def in_force(local: Local) -> StoredPolicy | None:
    """The policy that the store of these settings holds as in force; None before there is a store or a policy."""
    if isinstance(local.store, SqliteUrl) and not local.store.path.is_file():
        return None
    with opened(local) as store:
        return store.last_good()


def readable(store: Store, left_out: list[str]) -> Iterator[Request]:
    """Every request that can be read; the ids of the others are noted."""
    for chain in store.chains():
        try:
            if chain:
                yield store.request(chain)
        except (StoreError, NotFound):
            left_out.append(chain)


def _existing(local: Local) -> Store:
    """A store that is there, and of this release."""
    url, host = local.store, local.firestore_emulator_host
    if isinstance(url, SqliteUrl):
        existing(url.path, "store", hint=STORE_HINT)
    return stores.of_this_release(url, now=datetime.now(UTC), emulator_host=host)
