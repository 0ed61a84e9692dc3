"""When a message is tried again, whatever a receiver answers."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.refusals.reasons import reason
from approvals.telling.webhooks import DAY, DELAYS, EARLIER, REST, Message, begin, failed, is_over, rests_until
from tests.support.builders import NOW

DOWN = reason("webhook.status", status=500)
FRESH = Message(id="msg_r-0123456789_approved", state="approved", version=2, at=NOW)


def test_what_was_not_begun_cannot_fail() -> None:
    with pytest.raises(ValueError, match="not begun"):
        failed(FRESH, DOWN)


@pytest.mark.parametrize("status", [200, 301, 400, 408, 410, 500, 501])
def test_only_who_has_too_much_to_do_is_left_alone(status: int) -> None:
    assert rests_until(status, "3600", now=NOW) is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("9" * 400, DAY.total_seconds()),
        ("", REST.total_seconds()),
        ("-7", REST.total_seconds()),
        ("7.5", REST.total_seconds()),
        ("\u0667", REST.total_seconds()),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY.total_seconds()),
        ("Fri, 31 Dec 99999 23:59:59 GMT", REST.total_seconds()),
        ("tomorrow", REST.total_seconds()),
        (f"Fri, {'9' * 30} Dec 1999 23:59:59 GMT", REST.total_seconds()),
        (f"Fri, 31 Dec 1999 23:59:59 +{'9' * 30}", REST.total_seconds()),
    ],
)
def test_how_long_is_the_receiver_s_to_say_within_a_day(said: str, seconds: float) -> None:
    assert rests_until(429, said, now=NOW) == NOW + timedelta(seconds=seconds)


@given(st.text(max_size=60))
def test_no_answer_is_too_odd(said: str) -> None:
    until = rests_until(503, said, now=NOW)

    assert until is not None
    assert NOW <= until <= NOW + DAY


@given(st.lists(st.integers(min_value=0, max_value=3 * 86400), max_size=30))
def test_it_ends_whenever_it_is_looked_at_and_is_tried_no_more_often_than_planned(waits: list[int]) -> None:
    message, now = FRESH, NOW
    for wait in (*waits, *([86400] * 3)):
        if message.outcome:
            break
        message = failed(begin(message, now=now), DOWN)
        now = (message.due or now) + timedelta(seconds=wait)

    assert message.outcome == "dead"
    assert message.tries <= len(DELAYS)


def test_what_was_due_while_nobody_worked_is_not_made_up_for() -> None:
    late: datetime = NOW + timedelta(hours=3)
    message = failed(begin(failed(begin(FRESH, now=NOW), DOWN), now=late), DOWN)

    assert message.due is not None
    assert message.tries == 2
    assert NOW + timedelta(hours=4.5) <= message.due <= NOW + timedelta(hours=5)


def named(number: int) -> Message:
    return Message(id=f"msg_r-{number:010}_approved", state="approved", version=2, at=NOW)


def test_what_failed_at_one_moment_comes_again_at_many_each_within_its_time() -> None:
    dues = [failed(begin(named(number), now=NOW), DOWN).due for number in range(50)]

    assert all(NOW + DELAYS[1] * (1 - EARLIER) <= due <= NOW + DELAYS[1] for due in dues if due)
    assert len(set(dues)) == 50


def test_a_try_is_due_when_it_was_due_before_a_crash() -> None:
    begun = begin(FRESH, now=NOW)

    assert begun.due == failed(begun, DOWN).due


def test_whoever_dies_in_the_last_try_has_made_all_of_them() -> None:
    message = FRESH
    for delay in DELAYS:
        assert not is_over(message)
        message = begin(message, now=NOW + delay)

    assert is_over(message)
