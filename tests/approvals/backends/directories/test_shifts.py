"""Who is on call by a feed: what is not certain is nobody, and no feed keeps a thread busy."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from approvals.backends.directories.shifts import Unread, on_call

BERLIN = ZoneInfo("Europe/Berlin")
BOB = "bob@example.com"
SHIFT = "DTSTART:20261122T080000Z\nDTEND:20261122T200000Z"
WHO = "ATTENDEE:mailto:Bob@Example.com"


def feed(*events: str) -> bytes:
    blocks = "".join(f"BEGIN:VEVENT\nUID:u\nDTSTAMP:20260101T000000Z\n{each}\nEND:VEVENT\n" for each in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{blocks}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def at(moment: str, *events: str) -> frozenset[str]:
    return on_call(feed(*events), at=datetime.fromisoformat(moment).astimezone(UTC), zone=BERLIN)


NOON = "2026-11-22T12:00+00:00"


@pytest.mark.parametrize(
    "event",
    [
        f"{SHIFT}\nSUMMARY:{BOB}",
        f"{SHIFT}\nORGANIZER:mailto:{BOB}",
        f"{SHIFT}\n{WHO}\nSTATUS:CANCELLED",
        f"{SHIFT}\n{WHO}\nSTATUS:TENTATIVE",
        f"{SHIFT}\nATTENDEE;PARTSTAT=DECLINED:mailto:{BOB}",
        f"{SHIFT}\nATTENDEE;ROLE=NON-PARTICIPANT:mailto:{BOB}",
        f"{SHIFT}\nATTENDEE;CUTYPE=GROUP:mailto:{BOB}",
        f"{SHIFT}\nATTENDEE:{BOB}",
        f"DTSTART:20261122T080000Z\n{WHO}",
        f"DTSTART:20261121T080000Z\nDTEND:20261122T120000Z\n{WHO}",
        f"DTSTART:20261122T120001Z\nDTEND:20261123T120000Z\n{WHO}",
    ],
)
def test_what_does_not_say_that_somebody_has_a_shift_now_says_nothing(event: str) -> None:
    assert at(NOON, event) == frozenset()


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_nothing_that_was_typed_into_a_title_becomes_a_line_of_its_own(end: str) -> None:
    try:
        found = at(NOON, f"{SHIFT}\nSUMMARY:on call{end}ATTENDEE:mailto:eve@example.com\n{WHO}")
    except Unread:
        return
    assert found == {BOB}


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=60",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=DAILY;BYMONTH=2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=12",
        "FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2",
        "FREQ=YEARLY;BYDAY=53MO",
        "FREQ=YEARLY;BYYEARDAY=366",
        "FREQ=WEEKLY;BYSETPOS=1;BYDAY=MO",
    ],
)
def test_a_rule_that_may_be_searched_for_long_leaves_the_feed_unread(rule: str) -> None:
    with pytest.raises(Unread):
        at(NOON, f"{SHIFT}\n{WHO}", f"{SHIFT}\nRRULE:{rule}\n{WHO}")


@pytest.mark.parametrize(
    "event",
    [
        f"DTSTART;TZID=Nowhere/Town:20261122T080000\nDTEND;TZID=Nowhere/Town:20261122T200000\n{WHO}",
        f"DTSTART:20001122T080000Z\nDTEND:20001122T200000Z\nRRULE:FREQ=DAILY\n{WHO}",
        f"{SHIFT}\nRDATE:20261123T080000Z\n{WHO}",
        f"{SHIFT}\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY\n{WHO}",
        f"DTSTART:20261122T080000Z\nDURATION:P100000000W\n{WHO}",
        f"DTSTART:20261122T080000Z\nDTEND:20261121T080000Z\n{WHO}",
        f"{SHIFT}\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261122T080000Z\n{WHO}",
    ],
    ids=["zone", "old", "dates", "two rules", "endless", "backwards", "from here on"],
)
def test_what_is_not_understood_leaves_the_feed_unread(event: str) -> None:
    with pytest.raises(Unread):
        at(NOON, event)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"])
def test_what_is_no_calendar_is_unread(body: bytes) -> None:
    with pytest.raises(Unread):
        on_call(body, at=datetime(2026, 11, 22, 12, tzinfo=UTC), zone=BERLIN)


def test_more_events_that_recur_than_anybody_has_leave_the_feed_unread() -> None:
    with pytest.raises(Unread):
        at(NOON, *[f"{SHIFT}\nRRULE:FREQ=DAILY\n{WHO}"] * 51)


def test_a_time_zone_of_the_feed_s_own_is_not_expanded() -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
    zone += "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+1200\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    shift = f"DTSTART;TZID=Europe/Berlin:20261122T120000\nDTEND;TZID=Europe/Berlin:20261122T140000\n{WHO}"
    body = feed(shift).replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT", 1)
    assert on_call(body, at=datetime(2026, 11, 22, 12, tzinfo=UTC), zone=BERLIN) == {BOB}
    assert on_call(body, at=datetime(2026, 11, 22, 1, tzinfo=UTC), zone=BERLIN) == frozenset()


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2026-11-22T07:59:59+00:00", False),
        ("2026-11-22T08:00+00:00", True),
        ("2026-11-22T19:59:59+00:00", True),
        ("2026-11-22T20:00+00:00", False),
    ],
)
def test_a_shift_begins_with_its_first_second_and_is_over_at_its_end(moment: str, on: bool) -> None:
    assert bool(at(moment, f"{SHIFT}\n{WHO}")) is on


WEEKS = "DTSTART;TZID=Europe/Berlin:20261005T090000\nDTEND;TZID=Europe/Berlin:20261012T090000\n"
EVERY_SECOND = f"{WEEKS}RRULE:FREQ=WEEKLY;INTERVAL=2\n"


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2026-10-05T08:59+02:00", False),
        ("2026-10-05T09:00+02:00", True),
        ("2026-10-12T09:00+02:00", False),
        # The clock goes back on the 25th: the shift still ends at nine by the wall.
        ("2026-10-26T08:59+01:00", True),
        ("2026-10-26T09:00+01:00", False),
        ("2026-11-02T09:00+01:00", True),
    ],
)
def test_a_rota_goes_by_the_clock_on_the_wall(moment: str, on: bool) -> None:
    assert bool(at(moment, EVERY_SECOND + WHO)) is on


@pytest.mark.parametrize(
    ("beside", "on"),
    [
        ("EXDATE;TZID=Europe/Berlin:20261102T090000", False),
        ("EXDATE;VALUE=DATE:20261102", False),
        ("EXDATE;TZID=Europe/Berlin:20261102T100000", True),
    ],
)
def test_a_shift_that_is_left_out_is_none(beside: str, on: bool) -> None:
    assert bool(at("2026-11-03T12:00+01:00", f"{EVERY_SECOND}{beside}\n{WHO}")) is on


@pytest.mark.parametrize(("until", "on"), [("20261102T080000Z", True), ("20261102T075959Z", False)])
def test_a_rota_that_is_over_is_over(until: str, on: bool) -> None:
    event = f"{WEEKS}RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL={until}\n{WHO}"
    assert bool(at("2026-11-03T12:00+01:00", event)) is on


def test_who_swaps_one_shift_has_it_in_place_of_the_other() -> None:
    swapped = "DTSTART;TZID=Europe/Berlin:20261102T090000\nDTEND;TZID=Europe/Berlin:20261109T090000\n"
    swapped += "RECURRENCE-ID;TZID=Europe/Berlin:20261102T090000\nATTENDEE:mailto:carol@example.com"
    both = (EVERY_SECOND + WHO, swapped)
    assert at("2026-11-03T12:00+01:00", *both) == {"carol@example.com"}
    assert at("2026-11-17T12:00+01:00", *both) == {BOB}
    assert at("2026-11-03T12:00+01:00", both[0], f"{swapped}\nSTATUS:CANCELLED") == frozenset()


@pytest.mark.parametrize(
    ("moment", "on"), [("2026-11-21T23:30+00:00", True), ("2026-11-22T23:30+00:00", False), (NOON, True)]
)
def test_a_whole_day_is_one_of_the_policy_s_time_zone(moment: str, on: bool) -> None:
    assert bool(at(moment, f"DTSTART;VALUE=DATE:20261122\n{WHO}")) is on
