"""What was done with access is looked for once it is over, twice, and told to who may see the request."""

from collections.abc import Sequence

import msgspec
import pytest

from approvals.deeds import LOOKS, Deeds, Logged, Method, RoleUse, Stay, recorded
from approvals.ports.logs import Found
from approvals.reconcile.switched_off import LATER
from approvals.refusals.errors import NotFound, Unavailable
from approvals.requests import Request
from approvals.telling.events import Event
from sandbox.google import Google
from tests.approvals.reconcile.retaining import MONTH, STEP, Service
from tests.approvals.reconcile.test_bundles import BUNDLE, LOGS
from tests.support.doubles import Message
from tests.support.world import ALICE, BOB, World, policy

DEPLOY, DELETE = Logged(method="run.Update", permissions=("run.a",)), Logged(method="run.Delete", denied=True)
ALONE = """\
  - id: alone
    title: Alone
    grant: none
    requesters: [alice@example.com]
    approval: self
"""
FIRST, SECOND = (each.total_seconds() for each in LOOKS)


class Logs:
    """Audit logs that say what a test puts there."""

    def __init__(self) -> None:
        self.entries: list[Logged] = []
        self.errors: list[Exception] = []
        self.asked: list[tuple[str, Stay]] = []
        self.holds: tuple[str, ...] = ("run.a", "run.b", "run.c")

    def of(self, person: str, stay: Stay, *, timeout: float) -> Found:
        self.asked.append((person, stay))
        if self.errors:
            raise self.errors.pop(0)
        return Found(tuple(self.entries), cut=False)

    def included(self, role: str, *, timeout: float) -> Sequence[str]:
        return self.holds


class SilentTopic:
    def publish(self, events: Sequence[Event], *, timeout: float) -> None:
        raise Unavailable("no")


@pytest.fixture
def logs(world: World) -> Logs:
    made = Logs()
    world.logs = made
    world.restart()
    return made


def below(world: World) -> list[Message]:
    """What stands below cards of what was done."""
    return [each for each in world.room.messages.values() if each.notice.kind == "deeds"]


def deeds(world: World, request: Request) -> Deeds:
    return recorded(world.store.recorded(f"deeds:{request.id}"))


def ended(world: World, entitlement: str = "admin") -> Request:
    request = world.granted(entitlement=entitlement)
    world.clock.advance(600)
    world.end(ALICE, request)
    world.passes(60)
    return request


def test_it_is_off_by_default_and_then_nothing_is_kept_or_due(world: World) -> None:
    request = ended(world)
    world.passes(SECOND + 600, step=300)

    assert world.store.recorded(f"deeds:{request.id}") == b""
    assert below(world) == []


def test_nobody_looks_while_access_lives_nor_at_what_gave_none(world: World, logs: Logs) -> None:
    denied = world.file()
    world.press(BOB, denied, "deny", comment="no")
    live = world.granted(minutes=240)
    world.passes(SECOND, step=300)

    assert logs.asked == []
    assert deeds(world, denied).looks == deeds(world, live).looks == 0


def test_it_is_looked_for_five_minutes_after_the_end_in_the_window_of_the_access(world: World, logs: Logs) -> None:
    logs.entries = [DEPLOY, DEPLOY, DELETE]
    request = ended(world)
    assert logs.asked == []
    world.passes(FIRST + 60)
    grant = world.read(request).grant

    assert grant is not None
    assert [(who, stay.start, stay.end) for who, stay in logs.asked] == [
        (ALICE, grant.window.start, grant.closed_at)
    ]
    (place,) = deeds(world, request).places
    assert (place.calls, place.denied) == (3, 1)
    assert place.methods == (Method(name="run.Update", calls=2), Method(name="run.Delete", calls=1, denied=1))
    assert place.roles == (RoleUse(role="roles/run.admin", total=3, used=1, named=("run.a",)),)


def test_it_is_told_below_the_card_and_drawn_anew_after_the_second_look(world: World, logs: Logs) -> None:
    request = ended(world)
    world.passes(FIRST + 60)
    (told,) = below(world)
    assert told.notice.threaded
    assert told.drawn is not None
    assert told.drawn.deeds == deeds(world, request)
    logs.entries = [DEPLOY]
    world.passes(SECOND, step=60)

    assert deeds(world, request).looks == 2
    assert deeds(world, request).places[0].calls == 1
    (told,) = below(world)
    assert told.drawn is not None
    assert told.drawn.deeds == deeds(world, request)
    asked = len(logs.asked)
    world.passes(86_400, step=3600)
    assert len(logs.asked) == asked == 2


@pytest.mark.parametrize(
    ("error", "trouble"),
    [(NotFound("no"), "missing"), ("forbidden", "forbidden")],
)
def test_what_cannot_be_read_is_said_and_tried_at_the_second_look(
    world: World, logs: Logs, error: Exception | str, trouble: str
) -> None:
    if isinstance(error, str):
        error = NotFound("no")
        error.__cause__ = PermissionError("no")
    logs.errors = [error]
    request = ended(world)
    world.passes(FIRST + 60)
    assert [place.trouble for place in deeds(world, request).places] == [trouble]
    logs.entries = [DEPLOY]
    world.passes(SECOND, step=60)

    assert [(place.trouble, place.calls) for place in deeds(world, request).places] == [("", 1)]


def test_who_does_not_answer_is_asked_again_and_in_the_end_that_is_said(world: World, logs: Logs) -> None:
    logs.errors = [Unavailable("no")] * 3
    logs.entries = [DEPLOY]
    request = ended(world)
    world.passes(FIRST + 120, step=5)
    assert deeds(world, request).places[0].calls == 1

    logs.errors = [Unavailable("no")] * 1000
    silent = ended(world)
    world.passes(4 * 3600, step=60)
    assert [place.trouble for place in deeds(world, silent).places] == ["unanswered"]
    assert deeds(world, silent).last


def test_a_second_look_in_vain_keeps_what_the_first_one_found(world: World, logs: Logs) -> None:
    logs.entries = [DEPLOY]
    request = ended(world)
    world.passes(FIRST + 60)
    logs.errors = [Unavailable("no")] * 1000
    world.passes(4 * 3600, step=60)

    assert deeds(world, request).last
    assert deeds(world, request).places[0].calls == 1


def test_what_is_erased_is_erased_there_as_well(world: World, logs: Logs) -> None:
    logs.entries = [DEPLOY]
    service = Service(world)
    world.restart()
    request = ended(world)
    world.passes(SECOND + 60, step=60)
    assert deeds(world, request).places
    service.runs(MONTH + STEP)
    assert service.erased(request)
    world.passes(120)

    assert world.store.recorded(f"deeds:{request.id}") == b""
    (told,) = below(world)
    assert told.drawn is not None
    assert told.drawn.deeds is None
    world.passes(3600, step=300)
    assert len(logs.asked) == 2


def test_switched_off_nobody_looks_what_was_told_stays_true_and_is_erased_in_its_time(
    world: World, logs: Logs
) -> None:
    logs.entries = [DEPLOY]
    request = ended(world)
    world.passes(FIRST + 60)
    found = deeds(world, request)
    world.logs = None
    service = Service(world)
    world.restart()
    world.store.wake(f"request:{request.id}", due=world.clock())
    world.passes(SECOND + 60, step=60)

    assert deeds(world, request) == found
    assert below(world)[0].drawn.deeds == found  # type: ignore[union-attr]
    assert len(logs.asked) == 1
    service.runs(MONTH + STEP)
    world.passes(120)
    assert service.erased(request)
    assert world.store.recorded(f"deeds:{request.id}") == b""
    assert below(world)[0].drawn.deeds is None  # type: ignore[union-attr]


def test_what_was_found_is_erased_though_no_message_stands(world: World, logs: Logs) -> None:
    logs.entries = [DEPLOY]
    request = ended(world)
    world.passes(SECOND + 60, step=60)
    lease = world.store.lease(f"request:{request.id}", owner="t", now=world.clock(), until=world.clock() + STEP)
    assert lease is not None
    world.store.release(world.store.save(lease, b""), due=None)
    service = Service(world)
    world.restart()
    service.runs(MONTH + STEP)
    world.passes(120)

    assert service.erased(request)
    assert world.store.recorded(f"deeds:{request.id}") == b""


def test_what_was_to_be_done_when_a_part_was_switched_off_is_no_work_that_nobody_does(
    world: World, logs: Logs
) -> None:
    world.events = SilentTopic()
    world.restart()
    ended(world)
    world.logs = world.events = None
    world.restart()
    world.passes(2 * 86_400, step=600)

    oldest = world.store.oldest_due(now=world.clock())
    assert oldest is None or world.clock() - oldest < LATER


def test_each_resource_of_a_bundle_is_looked_at_once_with_all_its_roles(
    world: World, logs: Logs, cloud: Google
) -> None:
    cloud.add("projects/payments-data")
    logs.entries = [DEPLOY]
    world.policy = policy((LOGS, BUNDLE + LOGS))
    request = ended(world, "incident")
    world.passes(FIRST + 60)

    assert [(stay.resource, stay.roles) for _, stay in logs.asked] == [
        ("projects/payments-prod", ("roles/run.admin", "roles/run.viewer")),
        ("projects/payments-data", ("roles/bigquery.dataViewer", "roles/bigquery.user")),
    ]
    assert [place.calls for place in deeds(world, request).places] == [1, 1]


def test_an_approval_that_grants_nothing_was_used_nowhere(world: World, logs: Logs) -> None:
    world.policy = policy((LOGS, ALONE + LOGS))
    request = world.file(ALICE, "alone")
    world.passes(2 * SECOND + 3600, step=300)

    assert world.read(request).grants[0].removed
    assert (logs.asked, world.store.recorded(f"deeds:{request.id}")) == ([], b"")


def test_a_record_that_somebody_broke_is_no_end_of_everything(world: World) -> None:
    with pytest.raises(msgspec.MsgspecError):
        recorded(b"{")
