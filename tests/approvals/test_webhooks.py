"""When a message is tried again, whatever a receiver answers."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.webhooks import DAY, DELAYS, REST, Message, begin, failed, rests_until
from tests.support.builders import NOW

FRESH = Message(id="msg_r-0123456789_approved", state="approved", version=2, at=NOW)


def test_what_was_not_begun_cannot_fail() -> None:
    with pytest.raises(ValueError, match="not begun"):
        failed(FRESH, "it answered HTTP 500")


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
        message = failed(begin(message, now=now), "it answered HTTP 500")
        now = (message.due or now) + timedelta(seconds=wait)

    assert message.outcome == "dead"
    assert message.tries <= len(DELAYS)


def test_what_was_due_while_nobody_worked_is_not_made_up_for() -> None:
    late: datetime = NOW + timedelta(hours=3)
    message = failed(begin(failed(begin(FRESH, now=NOW), "down"), now=late), "down")

    assert (message.tries, message.due) == (2, NOW + timedelta(hours=5))
