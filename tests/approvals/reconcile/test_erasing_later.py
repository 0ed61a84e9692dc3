"""What keeps texts from being erased although their time is over: a freeze, access that goes on, an open debt."""

from datetime import timedelta

import msgspec
import pytest

from approvals import transitions
from approvals.freezes.freezing import freeze, thaw
from approvals.ids import request_subject, webhook_subject
from approvals.policy.access import DurationRule, ExtendRule
from approvals.reconcile.posts import Post, Posts
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from approvals.telling import webhooks
from tests.approvals.freezes.test_frozen_parts import freeze as freeze_part
from tests.approvals.reconcile.retaining import MONTH, STEP, Service, denied
from tests.support.refunds import Till
from tests.support.world import ALICE, BOB, CAROL, GWEN, World


@pytest.fixture
def service(world: World) -> Service:
    return Service(world)


@pytest.mark.parametrize("what", ["everything", "the entitlement", "the person"])
def test_in_a_freeze_nothing_of_what_it_is_about_is_erased(world: World, service: Service, what: str) -> None:
    request = denied(world)
    if what == "everything":
        freeze(world.store, by="os:root", why=None, now=world.clock())
    else:
        freeze_part(world, ("entitlement", "admin") if what == "the entitlement" else ("person", ALICE))
    service.runs(timedelta(days=32))
    assert not service.erased(request)

    if what == "everything":
        thaw(world.store, by="os:root", why=None, now=world.clock())
        service.runs(timedelta(hours=1))
        assert service.erased(request)


def test_while_access_goes_on_that_extends_it_nothing_is_erased(world: World, service: Service) -> None:
    long = timedelta(days=60)
    admin = msgspec.structs.replace(
        world.policy.entitlements["admin"],
        duration=DurationRule(default=timedelta(hours=1), max=long),
        extend=ExtendRule(max_total=long),
    )
    world.policy = msgspec.structs.replace(
        world.policy, entitlements={**world.policy.entitlements, "admin": admin}
    )
    first = world.granted()
    second = world.extend(ALICE, first, minutes=50 * 24 * 60)
    world.press(BOB, second)
    world.passes(7200, step=600)
    assert transitions.due(world.read(first), MONTH) is not None
    service.runs(timedelta(days=40))
    assert not service.erased(first)

    world.end(ALICE, second)
    world.pass_()
    service.runs(timedelta(hours=1))
    assert (service.erased(first), service.erased(second)) == (True, False)


def test_what_somebody_is_still_to_be_told_is_not_erased(world: World, service: Service) -> None:
    request = world.file()
    world.pass_()
    world.press(CAROL, request, "deny", comment="Not now")
    service.runs(MONTH - STEP)
    world.room.faults = [Unavailable("down")] * 9
    world.pass_()
    service.runs(STEP)
    assert not service.erased(request)

    world.room.faults = []
    world.passes(600)
    service.runs(STEP)
    assert service.erased(request)


def test_a_message_that_nobody_waits_for_any_more_keeps_nothing(world: World, service: Service) -> None:
    """It was to be tried again, and then nobody wanted it: it has been so since."""
    request = denied(world)
    subject, now = request_subject(request.id), world.clock()
    lease = world.store.lease(subject, owner="w", now=now, until=now + timedelta(seconds=30))
    assert lease is not None
    posts = msgspec.json.decode(lease.body, type=Posts).having("turn:1:old", Post(tries=3, next=now))
    world.store.save(lease, msgspec.json.encode(posts))
    world.store.release(lease, due=None)
    service.runs(timedelta(days=32))

    assert service.erased(request)


def test_what_an_application_is_still_to_be_told_is_not_erased(world: World, service: Service) -> None:
    till = Till(world)
    request = till.withdraw(till.ask())
    subject, now = webhook_subject("shop", request.id), world.clock()
    waiting = webhooks.caught_up(webhooks.Told(), request)
    taken = webhooks.Told(messages=tuple(map(webhooks.taken, waiting.messages)))
    for told, erased in ((waiting, False), (taken, True)):
        lease = world.store.lease(subject, owner="w", now=now, until=now + timedelta(seconds=30))
        assert lease is not None
        world.store.save(lease, webhooks.encoded(told))
        world.store.release(lease, due=None)
        service.runs(timedelta(days=32))
        now = world.clock()
        assert service.erased(request) == erased


@pytest.mark.parametrize("what", ["the entitlement", "everything"])
def test_what_is_frozen_by_its_name_is_not_gone_through_one_by_one(
    world: World, service: Service, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """A pass has an end: what is due behind it would never have its turn."""
    frozen = [denied(world, person=who) for who in (ALICE, GWEN)]
    due = denied(world, "pair")
    if what == "everything":
        freeze(world.store, by="os:root", why=None, now=world.clock())
    else:
        freeze_part(world, ("entitlement", "admin"))
    read: list[str] = []
    find = world.store.request

    def noted(request_id: str) -> Request:
        read.append(request_id)
        return find(request_id)

    monkeypatch.setattr(world.store, "request", noted)
    service.runs(timedelta(days=32))
    monkeypatch.undo()

    assert not {each.id for each in frozen} & set(read)
    assert service.erased(due) == (what == "the entitlement")


@pytest.mark.parametrize("many", [8, 16])
def test_a_pass_costs_no_more_for_what_a_freeze_of_its_person_keeps_and_others_have_their_turn(
    world: World, service: Service, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr("approvals.reconcile.erasing.LOOKS", 5)
    for _ in range(many):
        denied(world)
    due = denied(world, person=GWEN)
    freeze_part(world, ("person", ALICE))
    service.runs(timedelta(days=29))
    world.clock.advance(STEP.total_seconds())
    read, passes = _reads_of_each_pass(world, service, monkeypatch, until=due)

    assert max(read) == 5
    assert passes <= many // 5 + 2 + 1


def _reads_of_each_pass(
    world: World, service: Service, monkeypatch: pytest.MonkeyPatch, *, until: Request
) -> tuple[list[int], int]:
    """How many records each pass reads until this request is erased, and in how many passes any is read."""
    find, read = world.store.request, [0]

    def noted(request_id: str) -> Request:
        read[-1] += 1
        return find(request_id)

    monkeypatch.setattr(world.store, "request", noted)
    while find(until.id).erased is None:
        assert len(read) < 200
        service.erasing()
        world.clock.advance(STEP.total_seconds())
        read.append(0)
    return read, sum(each > 0 for each in read)
