"""When access is to begin and end, as people type it, on ordinary days and when clocks are set."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.wording.reading.starts import Period, period
from handlers.wording.refusing.refusals import told

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 9, 0, 30, tzinfo=UTC)
"""A Wednesday, ten in the morning in Berlin."""
FORWARD = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
"""The evening before clocks are set from 02:00 to 03:00."""
BACK = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
"""The evening before clocks are set from 03:00 to 02:00."""


def read(start: str = "", lasts: str = "", *, now: datetime = NOW) -> Period:
    return period(start=start, lasts=lasts, zone=BERLIN, now=now)


def said(found: Period) -> list[tuple[str, str]]:
    return [(each.kind, told(each)) for each in found.wrong]


@pytest.mark.parametrize(
    "typed", ["soon", "25:00", "31 february", "tomorow", "0001-01-01 00:00", "9999-12-31 23:59:60"]
)
def test_what_is_no_time_is_refused_with_what_to_write(typed: str) -> None:
    ((field, sentence),) = said(read(typed))

    assert field == "start"
    assert sentence.endswith("Write for example 18:00, tomorrow 9:00 or 2026-11-30 18:00.")


def test_a_start_that_the_clocks_skip_is_refused() -> None:
    assert said(read("02:30", now=FORWARD)) == [
        ("start", "“02:30” does not come: the clocks are set forward then. Write for example 2026-03-29 03:30.")
    ]


def test_a_start_that_comes_twice_is_refused_with_both_of_them() -> None:
    assert said(read("2026-10-25 02:30", now=BACK)) == [
        (
            "start",
            (
                "“2026-10-25 02:30” comes twice, for the clocks are set back then. Write which one you mean:"
                " 2026-10-25T02:30+02:00 is the first, 2026-10-25T02:30+01:00 the second."
            ),
        )
    ]
    assert read("2026-10-25T02:30+02:00", now=BACK).start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert read("2026-10-25T02:30+01:00", now=BACK).start == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_end_that_the_clocks_skip_or_show_twice_is_refused() -> None:
    assert [field for field, _ in said(read(lasts="until 02:30", now=FORWARD))] == ["duration"]
    assert [field for field, _ in said(read(lasts="until 2:59", now=BACK))] == ["duration"]


@pytest.mark.parametrize(
    ("start", "now", "hours"),
    [("2026-03-28 23:00", FORWARD, 17), ("2026-10-24 23:00", BACK, 19), ("2026-11-25 23:00", NOW, 18)],
)
def test_until_five_in_the_afternoon_is_an_hour_more_or_less_when_clocks_are_set(
    start: str, now: datetime, hours: int
) -> None:
    assert read(start, "until 17:00", now=now).duration == timedelta(hours=hours)


def test_all_that_is_wrong_is_told() -> None:
    assert [field for field, _ in said(read("soon", "until soon"))] == ["start", "duration"]


@pytest.mark.parametrize("end", ["until 2026-11-25 10:00", "until 2026-11-24 18:00"])
def test_an_end_before_the_start_is_refused(end: str) -> None:
    ((field, sentence),) = said(read("2026-11-25 18:00", end))

    assert (field, "is not after the start" in sentence) == ("duration", True)


@pytest.mark.parametrize(
    ("start", "moment"),
    [
        ("18:00", "2026-11-25 18:00"),
        ("9:30", "2026-11-26 09:30"),
        ("9:58", "2026-11-25 09:58"),  # it has only just passed
        ("tomorrow 9:00", "2026-11-26 09:00"),
        ("friday at 9:00", "2026-11-27 09:00"),
        ("2026-11-30 18:00", "2026-11-30 18:00"),
        ("2026-11-30T18:00:00Z", "2026-11-30 19:00"),
        ("in 2 hours", "2026-11-25 12:00"),
    ],
)
def test_a_start_is_read_by_the_clocks_of_where_its_person_is(start: str, moment: str) -> None:
    found = read(start)

    assert found.wrong == ()
    assert f"{found.start.astimezone(BERLIN):%Y-%m-%d %H:%M}" == moment  # type: ignore[union-attr]


@pytest.mark.parametrize("start", ["", "  ", "now", "Now"])
def test_without_a_start_it_begins_with_its_approval(start: str) -> None:
    assert read(start, "2h") == Period(duration=timedelta(hours=2))


def test_an_end_is_counted_from_the_start_or_from_now_in_whole_minutes() -> None:
    assert read("14:00", "until 17:00").duration == timedelta(hours=3)
    assert read(lasts="until 17:00").duration == timedelta(hours=6, minutes=59)
