"""Hours in which people are reminded, by clocks that are put forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.policy.reminding import Hours

BERLIN, LORD_HOWE, UTC_ZONE = (ZoneInfo(name) for name in ("Europe/Berlin", "Australia/Lord_Howe", "UTC"))
MINUTE = timedelta(minutes=1)
CHANGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
]
"""When clocks change in Berlin and on Lord Howe Island, where it is by half an hour."""


@pytest.mark.parametrize(
    ("hours", "moment", "begins"),
    [
        # Out of hours: the same day, the next day, after the weekend.
        (Hours(begin=540, end=1080), datetime(2026, 1, 5, 3, tzinfo=UTC), datetime(2026, 1, 5, 8, tzinfo=UTC)),
        (Hours(begin=540, end=1080), datetime(2026, 1, 5, 17, tzinfo=UTC), datetime(2026, 1, 6, 8, tzinfo=UTC)),
        (
            Hours(begin=540, end=1080, days=frozenset({1, 2, 3, 4, 5})),
            datetime(2026, 1, 9, 17, tzinfo=UTC),
            datetime(2026, 1, 12, 8, tzinfo=UTC),
        ),
        # In March 02:30 does not come: these hours begin when the clock shows three.
        (
            Hours(begin=150, end=240),
            datetime(2026, 3, 29, 0, 45, tzinfo=UTC),
            datetime(2026, 3, 29, 1, tzinfo=UTC),
        ),
        # All of them are skipped: there are none that day.
        (
            Hours(begin=130, end=170),
            datetime(2026, 3, 29, 0, 45, tzinfo=UTC),
            datetime(2026, 3, 30, 0, 10, tzinfo=UTC),
        ),
        # In October 02:30 comes twice, and so do these hours.
        (
            Hours(begin=150, end=165),
            datetime(2026, 10, 25, 0, 50, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        ),
    ],
)
def test_what_comes_out_of_hours_waits_for_the_next(hours: Hours, moment: datetime, begins: datetime) -> None:
    assert not hours.hold(moment, BERLIN)
    assert hours.next(moment, BERLIN) == begins


@settings(deadline=None, max_examples=60)
@given(
    change=st.sampled_from(CHANGES),
    zone=st.sampled_from([BERLIN, LORD_HOWE, UTC_ZONE]),
    off=st.integers(-36 * 60, 12 * 60),
    hours=st.builds(
        lambda begin, length, days: Hours(begin=begin, end=min(begin + length, 1440), days=days),
        st.integers(0, 1439),
        st.integers(1, 600),
        st.frozensets(st.integers(1, 7), min_size=1),
    ),
)
def test_the_next_moment_is_the_first_minute_that_lies_in_hours(
    change: datetime, zone: ZoneInfo, off: int, hours: Hours
) -> None:
    moment = change + off * MINUTE
    found = hours.next(moment, zone)

    assert hours.hold(found, zone)
    assert found >= moment
    # Minute by minute nothing before it does, as far as two days go.
    between = min(int((found - moment) / MINUTE), 2 * 1440)
    assert not any(hours.hold(moment + number * MINUTE, zone) for number in range(between))
