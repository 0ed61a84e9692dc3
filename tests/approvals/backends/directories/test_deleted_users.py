"""Who was deleted is who Google names as deleted, and who is not there again: nobody else has left."""

from typing import Any, get_args

import pytest

from approvals.backends.directories.deleted_users import FRESH, DeletedUsers
from approvals.backends.directories.workspace_users import WorkspaceUsers
from approvals.ports.people import ANYTHING
from approvals.refusals.errors import NotFound, Unavailable
from sandbox.drips import Step
from sandbox.google import Fault, Google
from sandbox.google.users import KEPT
from tests.support.builders import NOW

ALICE, BOB, CAROL = "alice@example.com", "bob@example.com", "carol@example.com"
GET, LIST = "admin.directory_v1.users.get", "admin.directory_v1.users.list"


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def directory(
    google: Google, google_url: str, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> WorkspaceUsers:
    monkeypatch.setattr(google.users, "_clock", NOW.timestamp)
    google.users.readable = True
    for person in (ALICE, BOB, CAROL):
        google.users.set(person)
    return WorkspaceUsers(base_url=google_url, clock=seconds)


def asked(google: Google, method: str) -> int:
    return [call.method for call in google.calls()].count(method)


def is_no_leaver(directory: WorkspaceUsers, person: str = ALICE, *, timeout: float = 10) -> None:
    try:
        assert directory.left_at(person, timeout=timeout) is None
    except (NotFound, Unavailable):
        return


def test_who_was_deleted_has_left_at_that_moment(directory: WorkspaceUsers, google: Google) -> None:
    google.users.delete(ALICE)

    assert directory.left_at(ALICE, timeout=10) == NOW
    assert directory.left_at("Alice@Example.com", timeout=10) == NOW
    assert directory.left_at(BOB, timeout=10) is None


# --- what says of nobody that they have left


def test_a_restored_account_has_not_left_although_the_list_still_names_it(
    directory: WorkspaceUsers, google: Google
) -> None:
    google.users.delete(ALICE)
    assert directory.left_at(ALICE, timeout=10) == NOW

    google.users.undelete(ALICE)

    assert directory.left_at(ALICE, timeout=10) is None


def test_whose_address_was_given_to_somebody_new_has_not_left(directory: WorkspaceUsers, google: Google) -> None:
    google.users.delete(ALICE)
    google.users.set(ALICE)

    assert directory.left_at(ALICE, timeout=10) is None


def test_whose_address_somebody_else_has_as_another_one_has_not_left(
    directory: WorkspaceUsers, google: Google
) -> None:
    google.users.delete(ALICE)
    google.users.set(BOB, aliases=(ALICE,))

    assert directory.left_at(ALICE, timeout=10) is None


def test_somebody_new_who_is_suspended_has_left_as_such(directory: WorkspaceUsers, google: Google) -> None:
    google.users.delete(ALICE)
    google.users.set(ALICE, suspended=True)

    assert directory.left_at(ALICE, timeout=10) == ANYTHING


def test_who_is_made_anew_while_the_list_is_read_has_not_left(
    directory: WorkspaceUsers, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    google.users.delete(ALICE)
    page = google.users.list

    def made_meanwhile(query: Any) -> dict[str, Any]:
        found = page(query)
        google.users.set(ALICE)
        return found

    monkeypatch.setattr(google.users, "list", made_meanwhile)

    assert directory.left_at(ALICE, timeout=10) is None


def test_who_was_deleted_longer_ago_than_google_tells_is_nobody_known(
    directory: WorkspaceUsers, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    google.users.delete(ALICE)
    monkeypatch.setattr(google.users, "_clock", lambda: NOW.timestamp() + KEPT)

    with pytest.raises(NotFound):
        directory.left_at(ALICE, timeout=10)


@pytest.mark.parametrize("person", ["nobody@example.com", "alice@elsewhere.example", "o'neil+x@example.com"])
def test_who_never_was_there_is_nobody_known(directory: WorkspaceUsers, google: Google, person: str) -> None:
    google.users.delete(ALICE)

    with pytest.raises(NotFound):
        directory.left_at(person, timeout=10)


SPOILT: dict[str, Any] = {
    "no time": {"users": [{"primaryEmail": ALICE}]},
    "a time without its zone": {"users": [{"primaryEmail": ALICE, "deletionTime": "2026-03-02T09:00:00"}]},
    "no time at all": {"users": [{"primaryEmail": ALICE, "deletionTime": "yesterday"}]},
    "the time alone": {"users": [{"deletionTime": "2026-03-02T09:00:00.000Z"}]},
    "nobody": {},
    "a word in a user's place": {"users": [ALICE, None, [ALICE]]},
    "a time before all times": {"users": [{"primaryEmail": ALICE, "deletionTime": "0001-01-01T00:00:00+14:00"}]},
    "a time after all times": {"users": [{"primaryEmail": ALICE, "deletionTime": "9999-12-31T23:59:59-14:00"}]},
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_list_that_does_not_say_so_names_nobody(what: str) -> None:
    """A list of users who are there has no time of a deletion, whatever was asked for."""
    lists = DeletedUsers(lambda _, timeout: SPOILT[what])

    assert lists.when(ALICE, left=lambda: 1.0) is None


FAILS: list[dict[str, Any]] = [
    *({"status": code} for code in (400, 401, 403, 404, 429, 500, 503)),
    {"delay": 1.0},
    {"silence": 1.0},
    *({"drip": step} for step in get_args(Step)),
]


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        *(("users.get", fault) for fault in FAILS if fault != {"status": 404}),
        *(("users.list", fault) for fault in [*FAILS, {"lost": "connection"}, {"lost": "answer"}]),
    ],
)
def test_a_directory_that_refuses_fails_is_slow_or_drips_takes_nobody(
    directory: WorkspaceUsers, google: Google, method: str, fault: dict[str, Any]
) -> None:
    google.users.delete(ALICE)
    google.faults.set(Fault(method=method, times=5, **fault))

    is_no_leaver(directory, timeout=0.5)


def test_who_is_said_not_to_be_there_by_mistake_has_not_left(directory: WorkspaceUsers, google: Google) -> None:
    google.users.delete(BOB)
    google.faults.set(Fault(method="users.get", times=5, status=404))

    is_no_leaver(directory)


def test_without_the_right_to_list_the_log_says_once_what_is_missing(
    directory: WorkspaceUsers, google: Google, caplog: pytest.LogCaptureFixture
) -> None:
    google.users.delete(ALICE)
    google.faults.set(Fault(method="users.list", times=9, status=403))

    for _ in range(3):
        with pytest.raises(NotFound):
            directory.left_at(ALICE, timeout=10)

    assert [record.levelname for record in caplog.records if "Users > Read" in record.getMessage()] == ["WARNING"]


# --- how much is asked


def test_one_list_serves_a_whole_pass_and_the_next_one_asks_anew(
    directory: WorkspaceUsers, google: Google, seconds: Seconds
) -> None:
    google.users.delete(ALICE)
    for person in (ALICE, "x@example.com", "y@example.com", ALICE):
        is_no_leaver(directory, person) if person != ALICE else directory.left_at(person, timeout=10)
    assert asked(google, LIST) == 1

    google.users.delete(BOB)
    seconds.now += FRESH + 1

    assert directory.left_at(BOB, timeout=10) == NOW
    assert asked(google, LIST) == 2


def test_who_is_there_costs_one_call_and_no_list(directory: WorkspaceUsers, google: Google) -> None:
    directory.left_at(ALICE, timeout=10)

    assert (asked(google, GET), asked(google, LIST)) == (1, 0)


def test_a_list_that_is_not_given_is_asked_for_once_a_pass(directory: WorkspaceUsers, google: Google) -> None:
    for number in range(3):
        with pytest.raises(NotFound):
            directory.left_at(f"p{number}@elsewhere.example", timeout=10)

    assert asked(google, LIST) == 1


def test_a_list_of_several_pages_is_read_to_its_end(directory: WorkspaceUsers, google: Google) -> None:
    many(google, 1100)

    assert directory.left_at("p1099@example.com", timeout=30) == NOW
    assert asked(google, LIST) == 3


def test_a_list_that_is_too_long_for_one_look_is_read_on_by_the_next(
    directory: WorkspaceUsers, google: Google, seconds: Seconds
) -> None:
    many(google, 1100)
    google.faults.set(Fault(method="users.list", times=1, delay=0.0))
    google.faults.set(Fault(method="users.list", times=1, status=503))
    with pytest.raises(Unavailable):
        directory.left_at("p1099@example.com", timeout=10)

    seconds.now += FRESH + 10

    assert directory.left_at("p1099@example.com", timeout=10) == NOW
    assert asked(google, LIST) == 4
    assert directory.left_at("p0001@example.com", timeout=10) == NOW
    assert asked(google, LIST) == 4


def test_a_page_that_google_does_not_know_any_more_begins_the_list_anew(
    directory: WorkspaceUsers, google: Google
) -> None:
    many(google, 1100)
    google.faults.set(Fault(method="users.list", times=1, delay=0.0))
    google.faults.set(Fault(method="users.list", times=1, status=400))
    with pytest.raises(NotFound):
        directory.left_at("p1099@example.com", timeout=10)

    assert directory.left_at("p1099@example.com", timeout=10) == NOW


def many(google: Google, count: int) -> None:
    for number in range(count):
        google.users.set(f"p{number:04}@example.com")
        google.users.delete(f"p{number:04}@example.com")
