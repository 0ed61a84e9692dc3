"""The directory of users says who has left in so many words, and nothing else counts."""

from typing import Any

import pytest

from approvals.backends import google_rest
from approvals.backends.directories.workspace_users import SCOPE, WorkspaceUsers
from approvals.ports.people import ANYTHING
from approvals.refusals.errors import NotFound, Unavailable
from sandbox.google import Fault, Google

ALICE, BOB = "alice@example.com", "bob@example.com"


@pytest.fixture
def directory(google: Google, google_url: str) -> WorkspaceUsers:
    google.users.readable = True
    google.users.set(ALICE, aliases=("a.smith@example.com",))
    google.users.set(BOB)
    return WorkspaceUsers(base_url=google_url)


def test_who_works_here_has_not_left(directory: WorkspaceUsers) -> None:
    assert None is directory.left_at(ALICE, timeout=10)


def test_who_is_not_there_and_was_not_deleted_is_nobody_known(directory: WorkspaceUsers) -> None:
    for person in ("no@elsewhere.example", "nobody@example.com", "o'neil+x@example.com"):
        with pytest.raises(NotFound):
            directory.left_at(person, timeout=10)


def test_an_address_that_the_directory_takes_for_none_is_nobody_known(
    directory: WorkspaceUsers, google: Google
) -> None:
    """It says nothing of the directory: everybody else is looked for all the same."""
    google.faults.set(Fault(method="users.get", times=1, status=400))

    with pytest.raises(NotFound):
        directory.left_at(ALICE, timeout=10)


def test_without_the_role_nothing_is_known_and_the_log_says_once_what_is_missing(
    directory: WorkspaceUsers, google: Google, caplog: pytest.LogCaptureFixture
) -> None:
    google.users.readable = False
    google.users.set(ALICE, suspended=True)

    for _ in range(3):
        with pytest.raises(NotFound):
            directory.left_at(ALICE, timeout=10)

    assert [record.levelname for record in caplog.records if "Users > Read" in record.getMessage()] == ["WARNING"]


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 429}, {"status": 500}, {"lost": "connection"}, {"delay": 1.0}]
)
def test_no_answer_in_time_says_nothing(directory: WorkspaceUsers, google: Google, fault: dict[str, Any]) -> None:
    google.users.set(ALICE, suspended=True)
    google.faults.set(Fault(method="users.get", times=5, **fault))

    with pytest.raises(Unavailable):
        directory.left_at(ALICE, timeout=0.5)


@pytest.mark.parametrize("state", ["suspended", "archived"])
@pytest.mark.parametrize("address", [ALICE, "a.smith@example.com"])
def test_who_is_suspended_or_archived_has_left_until_that_is_taken_back(
    directory: WorkspaceUsers, google: Google, state: str, address: str
) -> None:
    google.users.set(ALICE, **{state: True})
    assert directory.left_at(address, timeout=10) == ANYTHING
    assert None is directory.left_at(BOB, timeout=10)

    google.users.set(ALICE, **{state: False})
    assert None is directory.left_at(address, timeout=10)


def test_its_token_is_for_reading_users_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def find(_: float, *, scope: str) -> Any:
        asked.append(scope)
        raise TimeoutError

    monkeypatch.setattr(google_rest, "find_within", find)
    with pytest.raises(Unavailable):
        WorkspaceUsers().left_at(ALICE, timeout=10)

    assert asked == [SCOPE]
