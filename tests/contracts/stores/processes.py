"""What other processes do to a store in the races; a module of its own so that they can import it."""

import contextlib
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from approvals.refusals.errors import Conflict
from approvals.requests import Request
from tests.contracts.stores.places import Place
from tests.support.builders import filed, following


def decide_all(place: Place, records: list[Request], actor: str, start: Barrier, answer: Connection) -> None:
    """Try to decide each request; answer with the ids that this process decided."""
    store = place.open()
    start.wait()
    won = []
    for record in records:
        with contextlib.suppress(Conflict):
            store.commit(following(record, action="decided", detail={"by": actor}, state="denied"))
            won.append(record.id)
    store.close()
    answer.send(won)


def open_at_once(place: Place, start: Barrier, answer: Connection) -> None:
    """Open a store that may not be there yet; answer with its instance."""
    start.wait()
    store = place.open()
    answer.send(store.installation().instance)
    store.close()


def write_until_killed(place: Place, threads: int) -> None:
    """File and change requests from several threads; print each `id version` once it was acknowledged."""
    store = place.open()

    def one(number: int) -> None:
        name = f"r-{number:010}"
        record = store.create(filed(name, wake=(f"request:{name}",)), key=name)
        while True:
            sys.stdout.write(f"{record.id} {record.version}\n")
            sys.stdout.flush()
            change = following(record)
            store.commit(change)
            record = change.request

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(threads)))
