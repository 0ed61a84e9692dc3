"""What a policy comes to is worked out once for as long as it lives, and by no other policy."""

from collections.abc import Hashable
from typing import Any

import pytest

from approvals.policy import remembered as module
from approvals.policy.model import Policy
from approvals.policy.remembered import remembered
from tests.approvals.policy.files import policy

ASKED: list[tuple[str, str]] = []


@remembered
def said(asked: Policy, name: str) -> str:
    ASKED.append((asked.timezone, name))
    if name == "nobody":
        raise LookupError(name)
    return f"{name} in {asked.timezone}"


@pytest.fixture(autouse=True)
def _nothing_asked() -> None:
    ASKED.clear()


def test_another_policy_is_asked_anew() -> None:
    one, other = policy(), policy(("version: 1", "version: 1\ntimezone: Europe/Berlin"))

    answers = [said(each, "sre") for each in (one, other, one, other)]

    assert answers == ["sre in UTC", "sre in Europe/Berlin"] * 2
    assert said(one, "leads") == "leads in UTC"
    assert ASKED == [("UTC", "sre"), ("Europe/Berlin", "sre"), ("UTC", "leads")]


def test_what_is_raised_is_not_kept() -> None:
    asked = policy()
    for _ in range(2):
        with pytest.raises(LookupError):
            said(asked, "nobody")

    assert len(ASKED) == 2


def test_no_policy_keeps_more_answers_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROOM", 3)
    asked = policy()
    asked.known.clear()

    for number in range(10):
        said(asked, str(number))
        assert len(asked.known) <= 3

    assert said(asked, "9") == "9 in UTC"


def test_another_thread_may_clear_it_at_any_moment() -> None:
    class Cleared(dict[Hashable, Any]):
        """As if another thread came between the look and the answer."""

        def __contains__(self, key: object) -> bool:
            found = super().__contains__(key)
            self.clear()
            return found

    asked = policy()
    said(asked, "sre")
    vars(asked)["known"] = Cleared(asked.known)

    assert said(asked, "sre") == "sre in UTC"
