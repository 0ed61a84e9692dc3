"""Clicks while a thousand mails wait for a mail server that takes its time."""

import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from approvals.backends.stores.records import micros
from approvals.backends.stores.sqlite.files import connect
from approvals.ids import request_subject
from bench.figures import Figure, ratio
from bench.load import one_by_one
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, running
from bench.stock import Stock

MAILS = 1_000
_READERS = 12
_SLOW = 0.5
"""Seconds that a mail takes: what Google's and Microsoft's servers take at best."""

_ROUNDS, _CLICKS = 6, 60


def measure(folder: Path) -> list[Figure]:
    """The median acknowledgement of a press while mails wait and go out, against the same without a mail."""
    idle, busy = Stock(folder / "no-mails"), Stock(folder / "mails", email="always")
    waiting = -(-MAILS // _READERS)
    busy.fill(waiting)
    mailed = busy.take(waiting)
    for stock in (idle, busy):
        stock.fill(_ROUNDS * _CLICKS)
    log = folder / "mails.log"
    with ExitStack() as held:
        outside, post = (
            held.enter_context(running([PYTHON, "-m", *command], environ={}, log=log, core=LOAD_CORE))
            for command in (("bench.outside", "0.05", "0"), ("bench.post", str(_SLOW)))
        )
        one, other = (
            held.enter_context(
                running([COUNTERSIGN, "serve"], environ=_environ(stock, outside.port, post.port), log=log)
            )
            for stock in (idle, busy)
        )
        _due_now(busy, [request_subject(each.id) for each in mailed])
        alone, beside = [], []
        for _ in range(_ROUNDS):
            alone.append(one_by_one(one.port, idle.presses(idle.take(_CLICKS)), pause=0.01))
            beside.append(one_by_one(other.port, busy.presses(busy.take(_CLICKS)), pause=0.01))
        if not _are_left(busy, mailed[-1].id):
            raise RuntimeError("the mails were out before the clicks were: nothing was measured beside them")
    name = f"click while {MAILS:,} mails wait / idle"
    return [ratio(name, beside, alone, target=1.2, baseline="idle")]


def _environ(stock: Stock, outside: int, post: int) -> Mapping[str, str]:
    return {
        **stock.environ(outside=outside),
        "COUNTERSIGN_PAGES_URL": "http://localhost:9",
        "COUNTERSIGN_ROUTES": "public",
        "SMTP_SENDER_ADDRESS": "countersign@example.com",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(post),
        "SMTP_ENABLE_STARTTLS": "false",
    }


def _due_now(stock: Stock, subjects: list[str]) -> None:
    """These requests are looked at at once, and their letters are due."""
    connection = connect(stock.store_file)
    now = micros(datetime.now(UTC) - timedelta(seconds=1))
    connection.executemany("UPDATE subjects SET due = ? WHERE subject = ?", [(now, each) for each in subjects])
    connection.close()


def _are_left(stock: Stock, last: str) -> bool:
    """The last of them has letters still to come."""
    connection = sqlite3.connect(f"file:{stock.store_file}?mode=ro", uri=True)
    asked = "SELECT body FROM subjects WHERE subject = ?"
    (body,) = connection.execute(asked, (request_subject(last),)).fetchone()
    connection.close()
    return bytes(body or b"").count(b'"letter:') < _READERS
