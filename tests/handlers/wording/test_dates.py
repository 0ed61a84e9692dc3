"""Until when somebody is away, as people type it, by the clocks of where they are."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.wording.dates import DateError, parse_until, shown, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
"""A Wednesday, ten in the morning in Berlin."""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "25:00",
        "9:75",
        "friyay",
        "31 february",
        "2026-13-01",
        "fri sat",
        "5 octember",
        "noon friday",
        "-1",
    ],
)
def test_what_is_no_time_is_not_guessed(text: str) -> None:
    with pytest.raises(DateError):
        parse_until(text, zone=BERLIN, now=NOW)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("17:00", "2026-11-25 17:00"),
        ("9:30", "2026-11-26 09:30"),
        ("tomorrow", "2026-11-26 00:00"),
        ("tomorrow at 9:00", "2026-11-26 09:00"),
        ("Friday", "2026-11-27 00:00"),
        ("next fri 17:00", "2026-11-27 17:00"),
        ("wednesday", "2026-12-02 00:00"),
        ("2026-12-04", "2026-12-04 00:00"),
        ("2026-12-04T17:00", "2026-12-04 17:00"),
        ("4 December 8:05", "2026-12-04 08:05"),
        ("Dec 4", "2026-12-04 00:00"),
        ("3. jan", "2027-01-03 00:00"),
        ("1 March 2027", "2027-03-01 00:00"),
        ("3 days", "2026-11-28 10:00"),
        ("for 90m", "2026-11-25 11:30"),
    ],
)
def test_a_time_is_read_by_the_clocks_of_where_they_are(text: str, moment: str) -> None:
    found = parse_until(text, zone=BERLIN, now=NOW)

    assert f"{found.astimezone(BERLIN):%Y-%m-%d %H:%M}" == moment
    assert found.tzinfo is UTC


def test_a_time_that_clocks_skip_is_an_hour_later_by_them() -> None:
    found = parse_until("2027-03-28 02:30", zone=BERLIN, now=NOW)
    assert shown(found, BERLIN) == "Sun 28 Mar 2027, 03:30 (Europe/Berlin)"


def test_a_zone_that_is_none_is_the_policy_s() -> None:
    assert zone_of("Mars/Olympus_Mons", else_="Europe/Berlin").key == "Europe/Berlin"
    assert zone_of("", else_="Asia/Tokyo").key == "Asia/Tokyo"
