"""What every `Directory` promises."""

import pytest

from approvals.errors import NotFound, Unavailable
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
