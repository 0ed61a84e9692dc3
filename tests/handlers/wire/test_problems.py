"""Problems: whoever is told to come again is told when."""

import pytest

from approvals.refusals.errors import Refused, Unavailable
from handlers.pace import TooFast
from handlers.wire.problems import Fault, refusal


@pytest.mark.parametrize(
    ("error", "status", "seconds"),
    [
        (TooFast(0.0), 429, "1"),
        (TooFast(0.02), 429, "1"),
        (Refused("limit.hour", most=60, wait=0), 429, "1"),
        (Refused("limit.hour", most=60, wait=1200), 429, "1200"),
        (Refused("limit.waiting", most=50), 429, "60"),
        (Fault(503, "polls.all", "All places are taken."), 503, "1"),
        (Unavailable("the store is busy"), 503, "2"),
        (Unavailable("the store is busy", retry_after=7.5), 503, "8"),
    ],
)
def test_too_much_and_not_now_always_say_when(error: Exception, status: int, seconds: str) -> None:
    found = refusal(error)

    assert (found.problem.status, found.headers.get("Retry-After")) == (status, seconds)


def test_a_freeze_says_no_time_for_nobody_knows_its_end() -> None:
    found = refusal(Refused("frozen", said="An incident"))

    assert (found.problem.status, "Retry-After" in found.headers) == (409, False)
