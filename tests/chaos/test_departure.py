"""Whoever is back after a departure has to get what they ask for; that a machine is busy is no finding."""

import itertools
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from chaos import scene
from chaos.departure import Departure
from chaos.findings import Findings
from chaos.leaving import Leaving
from chaos.ledger import Ledger
from chaos.records import Records
from sandbox.app import Sandbox
from tests.support.builders import NOW
from tests.support.servers import serve

FILED, REFUSED = "Filed as `r-0123456789`.", "You have left."


def nothing_asked(path: Path) -> Records:
    """The records of an installation in which nothing was ever asked for."""
    open_sqlite(path, now=NOW).close()
    return Records(path)


class Service:
    """Answers with these in turn, from the first one again after the last; none is a failure."""

    def __init__(self, says: Sequence[str]) -> None:
        self._says = itertools.cycle(says)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        said = next(self._says)
        await send({"type": "http.response.start", "status": 200 if said else 503, "headers": []})
        await send({"type": "http.response.body", "body": said.encode()})


@pytest.mark.parametrize(
    ("says", "blocked"),
    [((REFUSED,), len(scene.GOERS)), (("",), len(scene.GOERS)), ((FILED,), 0), (("", REFUSED, FILED), 0)],
)
def test_who_is_back_and_gets_nothing_is_found(tmp_path: Path, says: Sequence[str], blocked: int) -> None:
    findings = Findings()
    world = scene.world(tmp_path / "world.yaml")
    with Sandbox.start(world_file=world) as box, serve(Service(says)) as url:
        box.bot_url = f"{url}/slack/events"
        leaving = Leaving(box, ledger=Ledger())
        with closing(nothing_asked(tmp_path / "countersign.db")) as records:
            Departure(leaving, records=records, findings=findings, over_a_kill=lambda: None).play(0)

    assert sum("is back and gets nothing" in each for each in findings.wrong["leavers"]) == blocked
