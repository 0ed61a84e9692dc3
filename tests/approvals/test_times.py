from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.policy.words import no_duration
from approvals.times import DurationError, in_words, parse_duration, rfc3339, whole_seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "and",
        "soon",
        "0m",
        "0h0m",
        "-1h",
        "1",
        "90",
        "1.5h",
        "1,5h",
        "1h30",
        "h",
        "500ms",
        "5hs",
        "1 month",
        "1h or 2h",
        "367d",
        "9999999999h",
        "P",
        "PT",
        "P1Y",
        "P1M",
        "PT-1H",
        "PT1.5H",
        "1h; rm",
        "٣h",
        "1ſ",
        "1h\x00",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(DurationError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" soon ", "“soon” is no duration: write for example 90m, 1h30m or 2 hours"),
        ("999d", "“999d” does not fit: a duration is longer than zero, at most 366 days"),
    ],
)
def test_what_is_refused_is_named_as_it_was_typed(text: str, said: str) -> None:
    with pytest.raises(DurationError) as refusal:
        parse_duration(text)

    assert no_duration(refusal.value) == said


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90m", 90),
        ("1h30m", 90),
        ("1H 30M", 90),
        ("1 hour and 30 minutes", 90),
        ("1 hour, 30 mins", 90),
        (" 2 hours ", 120),
        ("2\u00a0hours", 120),
        ("1\u3000hour\tand\n30\u202fminutes", 90),
        ("2hrs", 120),
        ("PT1H30M", 90),
        ("pt90m", 90),
        ("P1DT1H", 1500),
        ("P1D", 1440),
        ("1d", 1440),
        ("2 days", 2880),
        ("1 week", 10080),
        ("366d", 366 * 1440),
        ("120 seconds", 2),
        ("60s", 1),
    ],
)
def test_a_duration_is_read(text: str, minutes: int) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 minutes"),
        (1, "1 second"),
        (30, "30 seconds"),
        (60, "1 minute"),
        (3600, "1 hour"),
        (5400, "1 hour, 30 minutes"),
        (90061, "1 day, 1 hour, 1 minute, 1 second"),
    ],
)
def test_a_duration_in_words(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


@given(st.integers(min_value=1, max_value=366 * 86400))
def test_words_read_back_as_the_same_duration(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(in_words(duration)) == duration


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_duration(text)
    except DurationError:
        return
    assert timedelta(0) < found <= timedelta(days=366)


def test_moments_are_written_in_utc_and_whole_seconds() -> None:
    berlin = datetime(2026, 11, 22, 11, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert rfc3339(berlin) == "2026-11-22T10:00:00Z"
    assert whole_seconds(berlin) == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
