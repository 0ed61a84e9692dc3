"""One message outside of any request: refused for good, tried again in its time, and never begun too late."""

from datetime import timedelta

import pytest

from approvals.ports.messages import ChannelError, Posted
from approvals.ports.store import Lease
from approvals.reconcile.sending import Mark, attempt, is_late
from approvals.refusals.errors import Unavailable
from tests.support.builders import NOW

SENT = Mark(posted=Posted(channel="slack", place="C1", ts="1.0"))


def tried(mark: Mark, answer: Mark | Exception) -> Mark:
    def send() -> Mark:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return attempt(mark, send, failed="bob was not told", clock=lambda: NOW)


def test_what_its_channel_refuses_never_is_tried_again() -> None:
    after = tried(Mark(tries=2, next=NOW), ChannelError("no such person"))

    assert after.settled
    assert (after.trouble, after.posted, after.next) == ("no such person", None, None)


@pytest.mark.parametrize(("tries", "asked", "least"), [(0, 0, 0.5), (3, 0, 4), (0, 90, 90), (60, 0, 150)])
def test_a_channel_that_does_not_answer_is_asked_later_and_later(tries: int, asked: float, least: float) -> None:
    after = tried(Mark(tries=tries), Unavailable("no answer", retry_after=asked))

    assert not after.settled
    assert after.tries == tries + 1
    assert after.next is not None
    assert timedelta(seconds=least) <= after.next - NOW <= timedelta(seconds=asked or 2 * least)
    assert after.waits(NOW)
    assert not after.waits(after.next)


def test_what_was_sent_is_settled() -> None:
    after = tried(Mark(tries=3, next=NOW), SENT)

    assert (after, after.settled) == (SENT, True)


def test_nothing_is_begun_ten_seconds_before_the_lease_is_over() -> None:
    lease = Lease(subject="news:x/y", owner="me", until=NOW + timedelta(seconds=10), body=b"")

    assert not is_late(lease, now=NOW)
    assert is_late(lease, now=NOW + timedelta(milliseconds=1))
