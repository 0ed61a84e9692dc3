"""The days of a search are the same ones by every way in: both count, by the clocks of the policy's time zone."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.running import POLICY, Running, running
from tests.support.shown import view_words
from tests.support.visits import Browser

ALICE = "alice@example.com"
ZONE = ZoneInfo("Etc/GMT-14" if datetime.now(UTC).hour >= 10 else "Etc/GMT+12")
"""Where it is another day than in UTC, whenever this is read, and for two hours from then."""


class Place(NamedTuple):
    office: Running
    desk: Desk
    asked: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    policy = f"{POLICY}timezone: {ZONE.key}\n"
    with running(tmp_path_factory.mktemp("office"), policy=policy, iap_port=0) as office:
        desk = Desk(office, tmp_path_factory.mktemp("alice"), "alice")
        assert desk.login("--no-keyring").exit_code == 0
        yield Place(office, desk, office.ask("alice", "admin"))


def query(since: str, until: str, **more: str) -> str:
    return urlencode({name: text for name, text in {"from": since, "to": until, **more}.items() if text})


def by_page(place: Place, since: str, until: str) -> str:
    return Browser(place.office, ALICE).get(f"/history?{query(since, until)}").body


def by_file(place: Place, since: str, until: str) -> str:
    return Browser(place.office, ALICE).get(f"/export?{query(since, until, form='csv')}").body


def by_call(place: Place, since: str, until: str) -> str:
    return Caller(place.office, ALICE).get(f"/v1/history?{query(since, until)}").body.decode()


def by_export(place: Place, since: str, until: str) -> str:
    return Caller(place.office, ALICE).get(f"/v1/export?{query(since, until)}").body.decode()


def by_terminal(place: Place, since: str, until: str) -> str:
    named = [*(["--since", since] if since else []), *(["--until", until] if until else [])]
    return place.desk.run("history", *named).output


def by_home(place: Place, since: str, until: str) -> str:
    slack = place.office.box.slack
    before = slack.home("alice")
    assert slack.open_home("alice").ok
    opened = place.office.until(lambda: slack.home("alice") != before and slack.home("alice"))
    assert slack.press_at_home("alice", "home_search").ok
    assert slack.submit("alice", {"since": since, "until": until, "what": place.asked}).ok
    home = place.office.until(lambda: slack.home("alice") != opened and slack.home("alice"))
    return view_words(home or None).partition("History")[2].replace(f"“{place.asked}”", "")


WAYS: dict[str, Callable[[Place, str, str], str]] = {
    "page": by_page,
    "page: file": by_file,
    "/v1": by_call,
    "/v1: export": by_export,
    "terminal": by_terminal,
    "home": by_home,
}
SEARCHES = {
    "that day and no other": (0, 0, True),
    "until that day": (None, 0, True),
    "from that day on": (0, None, True),
    "until the day before": (None, -1, False),
    "from the day after": (1, None, False),
}


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("way", WAYS)
def test_both_days_count_by_the_clocks_of_the_policy(place: Place, way: str, search: str) -> None:
    since, until, found = SEARCHES[search]
    filed = place.office.request(place.asked).filed.astimezone(ZONE).date()
    days = ["" if each is None else f"{filed + timedelta(days=each)}" for each in (since, until)]

    assert (place.asked in WAYS[way](place, *days)) is found


MOMENTS = [way for way in WAYS if way != "home"]  # it has lists of days alone


@pytest.mark.parametrize("way", MOMENTS)
def test_a_moment_is_where_a_search_begins_or_ends(place: Place, way: str) -> None:
    filed = place.office.request(place.asked).filed
    before, at, after = ((filed + timedelta(seconds=each)).isoformat() for each in (-1, 0, 1))

    assert place.asked in WAYS[way](place, at, after)
    assert place.asked not in WAYS[way](place, before, at)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("yesterday", "", "2026-11-27"),
        ("", "2026-02-30", "2026-11-27"),
        ("2026-11-27T25:00:00Z", "", "2026-11-27"),
        ("2026-11-28", "2026-11-27", "change one of them"),
        ("0001-01-01", "9999-12-31", "2026-11-27"),
    ],
)
@pytest.mark.parametrize("way", MOMENTS)
def test_what_are_no_days_is_said_and_finds_nothing(
    place: Place, way: str, since: str, until: str, said: str
) -> None:
    told = WAYS[way](place, since, until)

    assert said in re.sub(r"\s+", " ", told)
    assert place.asked not in told
