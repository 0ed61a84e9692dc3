"""A calendar is asked for itself, by the one fetcher; groups are left to the directory."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from approvals.backends.directories.calendars import WithCalendars
from approvals.backends.fetching import LARGEST, Fetcher
from approvals.refusals.errors import Unavailable
from tests.approvals.backends.directories.test_shifts import SHIFT, WHO, feed
from tests.support.doubles import Clock, People
from tests.support.servers import serve
from tests.support.world import ALICE, APPROVERS, BOB, policy

OTHERS = ("bob@elsewhere.example", "b\u00f3b@example.com")
ANSWERS = {
    "sre": Response(feed(f"{SHIFT}\n{WHO}", f"{SHIFT}\nATTENDEE:mailto:a.smith@example.com")),
    "others": Response(feed(*(f"{SHIFT}\nATTENDEE:mailto:{who}" for who in OTHERS))),
    "gone": Response(feed(f"{SHIFT}\n{WHO}"), status_code=404),
    "moved": Response(status_code=302, headers={"location": "/sre"}),
    "huge": Response(feed(f"{SHIFT}\n{WHO}") + b" " * LARGEST),
    "odd": Response(feed(f"{SHIFT}\nRRULE:FREQ=SECONDLY\n{WHO}")),
}


def _answer(request: Request) -> Response:
    return ANSWERS[request.path_params["name"]]


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with serve(Starlette(routes=[Route("/{name}", _answer)])) as url:
        yield url


def directory(*, sandbox: bool = True) -> tuple[WithCalendars, People]:
    clock = Clock()
    people = People(clock)
    return WithCalendars(people, fetch=Fetcher(sandbox=sandbox), policy=policy, clock=clock), people


@pytest.mark.parametrize("name", ["gone", "moved", "huge", "odd"])
def test_a_feed_that_is_not_read_whole_says_nothing_and_the_log_whose_it_is(
    host: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Unavailable):
        directory()[0].is_member(f"{host}/{name}", BOB, timeout=30)

    assert "the calendar at 127.0.0.1 cannot be read" in caplog.text
    assert f"/{name}" not in caplog.text


def test_no_calendar_of_this_machine_is_called_outside_of_a_sandbox(host: str) -> None:
    with pytest.raises(Unavailable):
        directory(sandbox=False)[0].is_member(f"{host}/sre", BOB, timeout=30)


def test_attendees_are_on_call_under_every_address_of_theirs(host: str) -> None:
    asked = directory()[0]
    assert [asked.is_member(f"{host}/sre", who, timeout=30) for who in (BOB, ALICE, "carol@example.com")] == [
        True,
        True,
        False,
    ]


def test_who_is_none_of_us_is_nobody_s_shift(host: str) -> None:
    assert not directory()[0].is_member(f"{host}/others", BOB, timeout=30)


def test_groups_are_left_to_the_directory() -> None:
    asked, people = directory()
    people.groups[APPROVERS] = {BOB}
    assert asked.is_member(APPROVERS, BOB, timeout=30)
    assert not asked.is_member(APPROVERS, ALICE, timeout=30)
