"""What every `Directory` promises."""

import pytest

from approvals.refusals.errors import NotFound, Refused, Unavailable
from tests.contracts.people.conftest import GROUP, Groups


def test_a_group_that_is_not_there_is_not_found(groups: Groups) -> None:
    with pytest.raises(NotFound):
        groups.directory.is_member("nobody@example.com", "alice@example.com", timeout=5)


def test_a_service_that_does_not_answer_is_unavailable(groups: Groups) -> None:
    groups.go_down()

    with pytest.raises(Unavailable):
        groups.directory.is_member(GROUP, "alice@example.com", timeout=5)


def test_somebody_else_is_no_member(groups: Groups) -> None:
    assert not groups.directory.is_member(GROUP, "bob@example.com", timeout=5)


def test_a_member_is_one(groups: Groups) -> None:
    assert groups.directory.is_member(GROUP, "alice@example.com", timeout=5)


def test_nobody_is_listed_of_a_group_that_is_not_there(groups: Groups) -> None:
    with pytest.raises(NotFound):
        groups.directory.members("nobody@example.com", most=20, timeout=5)


def test_a_group_with_too_many_members_is_not_listed(groups: Groups) -> None:
    with pytest.raises(Refused):
        groups.directory.members(GROUP, most=0, timeout=5)


def test_a_group_that_does_not_answer_is_not_listed(groups: Groups) -> None:
    groups.go_down()

    with pytest.raises(Unavailable):
        groups.directory.members(GROUP, most=20, timeout=5)


def test_the_members_of_a_group_are_listed(groups: Groups) -> None:
    assert groups.directory.members(GROUP, most=20, timeout=5) == {"alice@example.com"}
