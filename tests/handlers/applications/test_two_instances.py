"""The same call at two instances at once: it is done once, and both answer the same, receipt and all."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from approvals.auditing.audits import Inspection
from approvals.changes import Change
from tests.handlers.applications.test_using_at_once import SMALL, Kiosk
from tests.support.counters import Said
from tests.support.direct import Wire
from tests.support.world import World

Act = Callable[[Any], Said]


@pytest.fixture
def kiosk(tmp_path: Path, wire: Wire) -> Iterator[Kiosk]:
    with (
        closing(World(tmp_path, granter=wire)) as world,
        closing(Kiosk(world, tmp_path / "receipts.json")) as made,
    ):
        yield made
        assert list(Inspection(world.store).faults()) == []


def asks(kiosk: Kiosk) -> Act:
    body = kiosk.wanted()
    return lambda instance: instance.post("/v1/requests", body, key="k-1")


def asks_and_uses(kiosk: Kiosk) -> Act:
    kiosk.judged("allow")
    body = kiosk.wanted(**SMALL)
    return lambda instance: instance.post("/v1/requests", body, key="k-1")


def uses(kiosk: Kiosk) -> Act:
    request_id = kiosk.approved()
    return lambda instance: instance.consume(request_id, named="k-1")


def withdraws(kiosk: Kiosk) -> Act:
    request_id = kiosk.ask()
    return lambda instance: instance.post(f"/v1/requests/{request_id}", {}, key="k-1", method="DELETE")


@pytest.mark.parametrize("ready", [asks, asks_and_uses, uses, withdraws])
def test_whoever_is_later_answers_what_the_first_one_answered(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch, ready: Callable[[Kiosk], Act]
) -> None:
    act, store, first = ready(kiosk), kiosk.world.store, list[Said]()
    way = "create" if ready in (asks, asks_and_uses) else "commit"
    write = getattr(store, way)

    def written(change: Change, **more: Any) -> Any:
        """All is ready to be kept here, and the other instance, which got the same call, is faster."""
        monkeypatch.setattr(store, way, write)
        kiosk.world.clock.advance(2)
        with closing(kiosk.beside()) as other:
            first.append(act(other))
        return write(change, **more)

    monkeypatch.setattr(store, way, written)
    late = act(kiosk)

    assert first[0].status in (200, 201)
    assert late.status == first[0].status
    assert late.body == first[0].body
    assert act(kiosk).body == first[0].body
