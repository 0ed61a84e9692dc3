"""What somebody else was ahead of is read and applied anew, a few times and not for ever."""

import pytest

from approvals.again import ATTEMPTS, again
from approvals.guards import GuardFailed
from approvals.ports.store import AlreadyReviewed
from approvals.refusals.errors import Conflict, Refused


class Ahead:
    """Somebody who is ahead of so many attempts."""

    def __init__(self, times: int, error: Exception) -> None:
        self.times, self.error, self.tried = times, error, 0

    def __call__(self) -> str:
        self.tried += 1
        if self.tried <= self.times:
            raise self.error
        return "kept"


AHEAD = [Conflict("another version"), GuardFailed("epoch"), AlreadyReviewed("the same press twice")]


@pytest.mark.parametrize("error", AHEAD)
def test_who_comes_second_every_time_is_told_and_tries_no_more(error: Exception) -> None:
    attempt = Ahead(ATTEMPTS, error)
    with pytest.raises(Conflict, match=r"^the request changes too fast$"):
        again(attempt, changing="the request")

    assert attempt.tried == ATTEMPTS


def test_a_refusal_is_final() -> None:
    attempt = Ahead(1, Refused("decided"))
    with pytest.raises(Refused):
        again(attempt, changing="the request")

    assert attempt.tried == 1


@pytest.mark.parametrize("error", AHEAD)
def test_the_last_attempt_counts_as_the_first(error: Exception) -> None:
    assert again(Ahead(ATTEMPTS - 1, error), changing="the request") == "kept"
    assert again(Ahead(4, error), attempts=5, changing="the request") == "kept"
