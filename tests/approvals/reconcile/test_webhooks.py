"""An application is told what becomes of its requests: again until its receiver takes it, and never for ever."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from approvals.ids import webhook_subject
from approvals.policy.parties import Application
from approvals.reconcile.doors import BUSY, PLACES
from approvals.refusals.reasons import reason
from approvals.requests import Request
from approvals.telling.webhooks import Told
from tests.support.receivers import HOOK, Receiver, receiving, told, told_at
from tests.support.refunds import OTHER_SHOP, SHOP, Till
from tests.support.world import BOB, World

OTHER_HOOK = "https://hooks.example.com/shop"
SILENT = reason("webhook.silent", said="it does not answer")
SCHEDULE = [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


class Death(BaseException):
    pass


def die() -> None:
    raise Death


@pytest.fixture
def receiver(world: World) -> Receiver:
    return receiving(world)


@pytest.fixture
def till(world: World, receiver: Receiver) -> Till:
    return told_at(Till(world), HOOK)


def day(till: Till) -> None:
    """Let more than a day go by, with a look at each moment that something is due: an approval lapses in it."""
    start, lapses = till.world.clock(), 600
    for seconds in sorted({*SCHEDULE, *(lapses + each for each in SCHEDULE)}):
        till.later((start + timedelta(seconds=seconds) - till.world.clock()).total_seconds()).swept()


def test_nobody_is_told_where_the_policy_names_nowhere(till: Till, receiver: Receiver) -> None:
    request = told_at(till, "").approved()
    till.swept()

    assert (receiver.came, told(till, request)) == ([], Told())


def test_what_waits_is_told_to_nobody(till: Till, receiver: Receiver) -> None:
    till.ask()
    till.swept()

    assert not receiver.came


def test_a_receiver_that_does_not_answer_is_tried_for_a_day_and_then_given_up(
    till: Till, receiver: Receiver
) -> None:
    receiver.down = True
    request = till.approved()
    day(till)

    first = [(at, message_id) for at, message_id, body in receiver.came if body["type"] == "request.approved"]
    assert [(at - first[0][0]).total_seconds() for at, _ in first] == SCHEDULE
    assert {message_id for _, message_id in first} == {f"msg_{request.id}_approved"}
    assert [(each.state, each.why) for each in told(till, request).dead] == [
        ("approved", SILENT),
        ("lapsed", SILENT),
    ]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 199])
def test_only_200_to_299_means_that_it_was_taken(till: Till, receiver: Receiver, status: int) -> None:
    receiver.status = status
    request = till.approved()
    till.swept()
    till.later(5).swept()

    assert receiver.seconds == [0, 5]
    assert told(till, request).open[0].why == reason("webhook.status", status=status)


def test_who_wants_nothing_more_is_called_no_more_until_the_policy_names_another(
    till: Till, receiver: Receiver
) -> None:
    receiver.status = 410
    first = till.approved()
    till.swept()
    second = till.approved()
    till.later(300).swept()
    assert receiver.called == [HOOK]
    assert [told(till, each).dead[0].why for each in (first, second)] == [reason("webhook.gone")] * 2

    receiver.status = 204
    told_at(till, OTHER_HOOK).approved()
    till.swept()
    # Whoever names the first one again wants it called.
    told_at(till, HOOK).approved()
    till.swept()
    assert receiver.called[1:] == [OTHER_HOOK, HOOK]


def test_what_waits_goes_to_the_address_that_the_policy_names_by_then(till: Till, receiver: Receiver) -> None:
    receiver.down = True
    request = till.approved()
    till.swept()
    receiver.down = False
    told_at(till, OTHER_HOOK)
    till.later(5).swept()

    assert receiver.called == [HOOK, OTHER_HOOK]
    assert len({message_id for _, message_id, _ in receiver.came}) == 1
    assert told(till, request).open == ()


@pytest.mark.parametrize("applications", [{"shop": SHOP, "store": OTHER_SHOP}, {"store": OTHER_SHOP}])
def test_what_waits_is_given_up_where_the_webhook_or_the_application_was_taken_out(
    till: Till, receiver: Receiver, applications: Mapping[str, Application]
) -> None:
    receiver.down = True
    request = till.approved()
    till.swept()
    till.ruled(applications=applications).later(5).swept()

    assert receiver.called == [HOOK]
    assert [each.why for each in told(till, request).dead] == [reason("webhook.nowhere")]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("", 60), ("120", 120), ("Sun, 01 Mar 2026 12:02:00 GMT", None), ("soon", 60), ("-5", 60)],
)
def test_a_receiver_that_has_too_much_to_do_is_left_alone_with_all_messages(
    till: Till, receiver: Receiver, status: int, retry_after: str, seconds: int | None
) -> None:
    till.approved()
    if seconds is None:
        retry_after = (till.world.clock() + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        seconds = 90
    receiver.status, receiver.retry_after = status, retry_after
    till.swept()
    till.approved()
    till.later(seconds - 1).swept()
    assert len(receiver.came) == 1

    receiver.status = 204
    till.later(1).swept()
    assert len(receiver.came) == 3


def test_a_receiver_that_asks_for_a_month_is_asked_once_more_in_a_day(till: Till, receiver: Receiver) -> None:
    receiver.status, receiver.retry_after = 429, str(30 * 86400)
    till.approved()
    till.swept()
    till.later(86400).swept()

    assert receiver.seconds[:2] == [0, 86400]


def test_one_receiver_has_no_more_than_its_places(till: Till, receiver: Receiver) -> None:
    world, requests = till.world, [till.approved() for _ in range(PLACES + 1)]
    inside: list[str] = []
    subjects = iter(webhook_subject("shop", each.id) for each in requests)

    def come_in() -> None:
        subject = next(subjects, None)
        if subject is not None:
            inside.append(subject)
            world.reconciler.subject(subject)

    receiver.meanwhile = come_in
    come_in()
    assert (len(inside), len(receiver.came)) == (PLACES + 1, PLACES)

    receiver.meanwhile = lambda: None
    till.later(BUSY.total_seconds()).swept()
    assert len(receiver.came) == PLACES + 1


def test_who_dies_in_a_call_has_made_a_try_and_the_next_has_the_same_id(till: Till, receiver: Receiver) -> None:
    request = till.approved()
    receiver.meanwhile = die
    with pytest.raises(Death):
        till.world.reconciler.subject(webhook_subject("shop", request.id))
    assert told(till, request).open[0].tries == 1

    receiver.meanwhile = lambda: None
    till.world.restart()
    till.later(31).swept()
    assert [message_id for _, message_id, _ in receiver.came] == [f"msg_{request.id}_approved"] * 2


def test_who_dies_in_the_last_try_is_given_up_and_tried_no_more(till: Till, receiver: Receiver) -> None:
    receiver.status = 500
    request, start = denied(till), till.world.clock()
    for seconds in SCHEDULE[:-1]:
        till.later((start + timedelta(seconds=seconds) - till.world.clock()).total_seconds()).swept()
    receiver.meanwhile = die
    till.later(4 * 3600)
    with pytest.raises(Death):
        till.world.reconciler.subject(webhook_subject("shop", request.id))
    came = len(receiver.came)
    receiver.meanwhile = lambda: None
    till.world.restart()
    till.later(61).swept()

    assert len(receiver.came) == came
    assert [each.why for each in told(till, request).dead] == [reason("webhook.unended")]


def denied(till: Till) -> Request:
    request = till.ask()
    till.world.press(BOB, request, "deny", comment="No.")
    return request


def withdrawn(till: Till) -> Request:
    return till.withdraw(till.ask())


def expired(till: Till) -> Request:
    request = till.ask()
    till.later(5 * 3600).swept()
    return request


def used(till: Till) -> Request:
    return till.consume(till.approved())


def lapsed(till: Till) -> Request:
    request = till.approved()
    till.later(700).swept()
    return request


def used_at_once(till: Till) -> Request:
    return till.judged("allow").ask(use="use 1")


def allowed(till: Till) -> Request:
    return till.judged("allow").ask()


@pytest.mark.parametrize(
    ("act", "states"),
    [
        (denied, ["denied"]),
        (withdrawn, ["withdrawn"]),
        (expired, ["expired"]),
        (used, ["approved", "used"]),
        (lapsed, ["approved", "lapsed"]),
        (used_at_once, ["used"]),
        (allowed, ["approved", "lapsed"]),
    ],
)
def test_each_state_is_told_once_with_the_version_that_it_came_with_and_nothing_else_of_it(
    till: Till, receiver: Receiver, act: Callable[[Till], Request], states: list[str]
) -> None:
    request = till.world.read(act(till))
    till.swept()
    till.later(3600).swept()

    bodies = [body for _, _, body in receiver.came if body["data"]["request"] == request.id]
    last = till.world.read(request).version
    versions = range(last - len(states) + 1, last + 1)
    assert [body["type"] for body in bodies] == [f"request.{state}" for state in states]
    assert [body["data"] for body in bodies] == [
        {"request": request.id, "state": state, "version": version}
        for state, version in zip(states, versions, strict=True)
    ]
    assert all(set(body) == {"type", "timestamp", "data"} for body in bodies)
