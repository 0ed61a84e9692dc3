"""`python -m bench.meter PORT`: the service as `countersign serve` runs it, with a meter at its Firestore client.

What Google bills is counted as it bills it (https://cloud.google.com/firestore/pricing): each document that is
read, one for a document that is not there and for a query that finds none, and each that is written or deleted.
`GET /` on PORT of loopback tells the numbers so far as JSON. Reads of indexes and what a transaction costs besides
are not billed in this edition.

What the chores do each minute, such as anchoring, is counted by itself, under names that begin with `chores`:
which request is about just then is chance.
"""

import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from approvals.backends.stores.firestore.database import Database, Document, Write
from approvals.backends.stores.firestore.queries import Query
from bot.serve import serve

Counts = Counter[str]
CHORES = "chores"
"""What the service calls their thread."""


class Meter:
    """Reads, writes and deletes, in all and by collection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counts = Counter()

    def add(self, what: str, collection: str, count: int) -> None:
        if threading.current_thread().name == CHORES:
            what = f"{CHORES} {what}"
        with self._lock:
            self._counts[what] += count
            self._counts[f"{what} {collection}"] += count

    def told(self) -> bytes:
        with self._lock:
            return json.dumps(self._counts).encode()

    def install(self) -> None:
        """Stand between every store of this process and its client."""
        for name, counted in (
            ("get", self._get),
            ("_page", self._page),
            ("commit", self._commit),
            ("hold", self._hold),
            ("delete", self._delete),
        ):
            setattr(Database, name, counted(getattr(Database, name)))

    def _paths(self, paths: Sequence[str]) -> None:
        for path in paths:
            self.add("reads", path.partition("/")[0], 1)

    def _get(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def get(database: Database, *paths: str, fields: Sequence[str] | None = None) -> Any:
            self._paths(paths)
            return real(database, *paths, fields=fields)

        return get

    def _page(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def page(database: Database, query: Query, after: Document | None) -> Any:
            found = real(database, query, after)
            self.add("reads", f"{query.collection} by query", max(1, len(found)))
            return found

        return page

    def _commit(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def commit(database: Database, writes: Sequence[Write], *, within: bytes = b"") -> Any:
            done = real(database, writes, within=within)
            for write in writes:
                self.add("deletes" if write.data is None else "writes", write.path.partition("/")[0], 1)
            return done

        return commit

    def _hold(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def hold(database: Database, paths: Sequence[str]) -> Any:
            self._paths(paths)
            return real(database, paths)

        return hold

    def _delete(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def delete(database: Database, paths: Sequence[str]) -> Any:
            for path in paths:
                self.add("deletes", path.partition("/")[0], 1)
            return real(database, paths)

        return delete


def main() -> None:
    meter = Meter()
    meter.install()

    class Told(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = meter.told()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Told)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    serve(os.environ)


if __name__ == "__main__":
    main()
