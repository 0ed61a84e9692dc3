"""The requests that the benchmark presses are real ones, and it finds out when one was not decided."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from approvals.uses.votes import Press
from bench import bodies
from bench.desk import Desk
from bench.history import grown
from bench.people import APPROVER
from bench.stock import Stock


def test_a_request_that_nobody_approved_fails_the_run(tmp_path: Path) -> None:
    stock = Stock(tmp_path / "stock", entitlements=2)
    stock.fill(1)
    with pytest.raises(AssertionError, match="acknowledged and is pending"):
        stock.require_approved(stock.take(1))


def test_a_stock_gives_no_request_twice(tmp_path: Path) -> None:
    stock = Stock(tmp_path / "stock", entitlements=2)
    stock.fill(2)
    assert {each.id for each in stock.take(1)}.isdisjoint(each.id for each in stock.take(1))
    with pytest.raises(ValueError, match="short of 1"):
        stock.take(1)


def test_a_prepared_request_can_be_approved(tmp_path: Path) -> None:
    stock = Stock(tmp_path / "stock", entitlements=2)
    stock.fill(1)
    chosen = stock.take(1)
    now = datetime.now(UTC)
    token = stock.tokens.mint(chosen[0], act="review", now=now)
    with Desk(stock) as desk:
        desk.uses.deciding.review(desk.identity(APPROVER), Press(token=token, verdict="approve"), now=now)
    stock.require_approved(chosen)


def test_a_press_has_the_size_of_slacks(tmp_path: Path) -> None:
    stock = Stock(tmp_path / "stock", entitlements=2)
    stock.fill(1)
    [press] = stock.presses(stock.take(1))
    body = press.partition(b"\r\n\r\n")[2]
    assert '"action_id": "approve"' in unquote_plus(body.decode())
    assert 0.75 * bodies.SIZE < len(body) < 1.5 * bodies.SIZE


def test_a_history_holds_so_many_requests_that_can_be_read(tmp_path: Path) -> None:
    with Desk(grown(tmp_path, 120)) as desk:
        request = desk.store.request("r-0000000007")
        assert request.id == "r-0000000007"
        assert request.requester == "u0ask00001@example.com"
        assert [entry.request for entry in desk.store.entries(request.id)] == [request.id] * len(
            desk.store.entries(request.id)
        )
