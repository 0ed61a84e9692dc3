"""What is due is erased and nothing else, only by a clock that was sound for a day, and cards are drawn anew."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from approvals.ports.messages import ChannelError, MessageGone
from approvals.reconcile import erasing
from approvals.reconcile.erasing import Erasing
from approvals.requests import Request
from tests.approvals.reconcile.retaining import MONTH, STEP, Service, denied, kept_for
from tests.support.fridays import KINDS
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy


@pytest.fixture
def service(world: World) -> Service:
    return Service(world)


def test_nothing_is_erased_where_the_policy_says_nothing(world: World, service: Service) -> None:
    world.policy = policy()
    request = denied(world)
    world.clock.advance(timedelta(days=4000).total_seconds())
    service.runs(timedelta(days=2))

    assert not service.erased(request)


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_before_its_time_nothing_is_erased_and_then_it_is(
    world: World, service: Service, kind: str
) -> None:
    world.policy = kept_for(MONTH, *KINDS[kind])
    request = denied(world)
    service.runs(request.updated + MONTH - timedelta(seconds=1) - world.clock())
    assert not service.erased(request)

    service.runs(timedelta(seconds=1))

    assert service.erased(request)
    assert world.actions(request)[-1] == "request.erased"
    assert world.read(request).erased == request.updated + MONTH


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["pending", "active"])
def test_what_is_not_over_is_not_erased(world: World, service: Service, name: str, kind: str) -> None:
    world.policy = kept_for(MONTH, *KINDS[kind])
    request = world.file() if name == "pending" else world.granted()
    service.runs(timedelta(days=3))
    world.clock.advance(timedelta(days=400).total_seconds())
    service.runs(timedelta(days=2))

    assert not service.erased(request)


def _jump(service: Service, days: int) -> None:
    service.world.clock.advance(timedelta(days=days).total_seconds())


def _ahead_for(hours: int) -> Callable[[Service], None]:
    def wrong(service: Service) -> None:
        _jump(service, 4000)
        service.runs(timedelta(hours=hours))

    return wrong


def _to_and_fro(service: Service) -> None:
    for days in (50, -50, 50, -50, 50):
        _jump(service, days)
        service.runs(timedelta(hours=9))


JUMPS = {"for an hour": _ahead_for(1), "for most of a day": _ahead_for(23), "again and again": _to_and_fro}


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS.keys())
def test_a_clock_that_is_wrong_for_a_while_erases_nothing(
    world: World, service: Service, jump: Callable[[Service], None], caplog: pytest.LogCaptureFixture
) -> None:
    request = denied(world)
    service.runs(timedelta(days=2))
    caplog.clear()
    jump(service)

    assert not service.erased(request)
    assert "no text is erased for a day" in caplog.text


def test_a_clock_that_two_processes_do_not_agree_on_erases_nothing(world: World, service: Service) -> None:
    request = denied(world)
    ahead = Erasing(
        store=world.store,
        policy=lambda: world.policy,
        freeze=world.freeze,
        clock=lambda: world.clock() + timedelta(days=4000),
        owner="ahead",
    )
    for _ in range(60):
        ahead()
        service.runs(STEP)

    assert not service.erased(request)


def test_after_a_start_nothing_is_erased_before_a_day_and_a_restart_begins_no_new_one(
    world: World, service: Service
) -> None:
    request = denied(world)
    _jump(service, 400)
    service.runs(timedelta(hours=23))
    assert not service.erased(request)

    service.erasing = service.another("after a restart")
    service.runs(timedelta(hours=1))
    assert service.erased(request)


def test_a_shorter_retention_is_in_force_for_a_day_before_it_erases(world: World, service: Service) -> None:
    world.policy = kept_for(timedelta(days=400))
    request = denied(world)
    _jump(service, 100)
    service.runs(timedelta(days=3))
    assert not service.erased(request)

    world.policy = kept_for(MONTH)
    service.runs(timedelta(hours=23))
    assert not service.erased(request)
    service.runs(timedelta(hours=1))
    assert service.erased(request)


def test_the_retention_counts_that_is_in_force_now_and_for_what_is_gone_the_defaults(
    world: World, service: Service
) -> None:
    world.policy = kept_for(MONTH, pair=timedelta(days=35))
    found = {name: denied(world, name, person=GWEN) for name in ("admin", "pair")}
    rules = world.policy
    world.policy = msgspec.structs.replace(
        rules, entitlements={name: each for name, each in rules.entitlements.items() if name != "admin"}
    )
    service.runs(timedelta(days=30))
    assert {name: service.erased(each) for name, each in found.items()} == {"admin": True, "pair": False}

    service.runs(timedelta(days=5))
    assert service.erased(found["pair"])


def test_where_only_one_entitlement_says_so_nothing_else_is_erased(world: World, service: Service) -> None:
    world.policy = kept_for(None, pair=MONTH)
    other, pair = denied(world), denied(world, "pair", person=GWEN)
    service.runs(timedelta(days=40))

    assert (service.erased(other), service.erased(pair)) == (False, True)


def test_what_is_not_due_hides_nothing_that_is(world: World, service: Service) -> None:
    """The retention of one entitlement is longer: what of it is older stands in nobody's way."""
    world.policy = kept_for(MONTH, admin=timedelta(days=300))
    first, second = denied(world, "admin"), denied(world, "pair")
    service.runs(timedelta(days=32))

    assert (service.erased(first), service.erased(second)) == (False, True)


def test_a_card_that_stands_is_drawn_without_text_and_nothing_is_posted(world: World, service: Service) -> None:
    request = denied(world)
    before = len(world.room.messages)
    service.runs(timedelta(days=31))
    world.pass_()

    assert len(world.room.messages) == before
    for key in ("card", "status"):
        drawn = world.room.only(request.id, key).drawn
        assert drawn is not None
        assert drawn.request.erased is not None


def test_a_card_that_is_gone_is_not_posted_anew_for_that(world: World, service: Service) -> None:
    request = denied(world)
    before = len(world.room.messages)
    world.room.only(request.id, "card").deleted = True
    service.runs(timedelta(days=31))
    world.room.faults = [MessageGone("message_not_found")]
    world.passes(3600)

    assert len(world.room.messages) == before


def test_a_message_that_was_given_up_then_is_not_sent_for_that(world: World, service: Service) -> None:
    request = world.file()
    world.pass_()
    world.room.faults = [ChannelError("channel_not_found")] * 999
    world.press(CAROL, request, "deny", comment="Not now")
    world.passes(7200, step=300)
    world.room.faults = []
    before = len(world.room.messages)
    service.runs(timedelta(days=31))
    assert service.erased(request)
    world.passes(3600, step=300)

    assert len(world.room.messages) == before


def test_a_pass_does_a_batch_and_the_next_one_goes_on(
    world: World, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "BATCH", 2)
    found = [denied(world, "pair", person=who) for who in (ALICE, BOB, GWEN)] + [denied(world)]
    _jump(service, 40)
    service.runs(timedelta(hours=23))
    counts = []
    for _ in range(3):
        world.clock.advance(3600)
        service.erasing()
        counts.append(sum(service.erased(each) for each in found))

    assert counts == [2, 4, 4]


def test_one_that_cannot_be_erased_keeps_no_other_from_it(
    world: World, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = denied(world), denied(world, "pair", person=GWEN)
    read = world.store.request

    def broken(request_id: str) -> Request:
        if request_id == bad.id:
            raise ValueError("spoilt")
        return read(request_id)

    monkeypatch.setattr(world.store, "request", broken)
    service.runs(timedelta(days=31))
    monkeypatch.undo()

    assert (service.erased(bad), service.erased(good)) == (False, True)


def test_what_a_reader_kept_in_the_log_is_gone_after_a_later_pass_also_of_another_process(
    world: World, service: Service, tmp_path: Path
) -> None:
    def written() -> bytes:
        return b"".join(each.read_bytes() for each in sorted(tmp_path.glob("store.db*")))

    request = world.file()
    world.press(CAROL, request, "deny", comment="Kestrels fly at night")
    world.pass_()
    service.runs(MONTH - STEP)
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM requests").fetchall()
        service.runs(STEP)
        assert service.erased(request)
        assert b"Kestrels" in written()

    service.another("after a crash")()
    assert b"Kestrels" not in written()


def test_what_a_process_erased_that_died_before_the_log_was_emptied_another_one_makes_gone(
    world: World, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = world.file()
    world.press(CAROL, request, "deny", comment="Kestrels fly at night")
    world.pass_()
    beside = service.another("beside")
    service.runs(MONTH - STEP)
    beside()
    with monkeypatch.context() as dying:
        dying.setattr(world.store, "scrub", lambda: False)
        service.runs(STEP)
    assert service.erased(request)

    beside()
    assert b"Kestrels" not in b"".join(each.read_bytes() for each in sorted(tmp_path.glob("store.db*")))


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_clock_that_jumps_within_a_pass_makes_nothing_due(world: World, service: Service, looks: int) -> None:
    request = denied(world)
    service.runs(timedelta(days=2))
    told = [timedelta()] * looks
    jumping = Erasing(
        store=world.store,
        policy=lambda: world.policy,
        freeze=world.freeze,
        clock=lambda: world.clock() + (told.pop() if told else timedelta(days=4000)),
        owner="jumping",
    )
    jumping()

    assert not service.erased(request)
