"""A store that does not keep what it is given is found out, and nothing is left in one that does."""

import pytest

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.examining import examine
from approvals.refusals.errors import Unavailable


class Kept:
    """Keeps what it is given, but for what a test makes of it."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def recall(self, key: str) -> str | None:
        return self.values.get(key)

    def remember(self, key: str, value: str) -> None:
        self.values[key] = value

    def forget(self, key: str) -> None:
        self.values.pop(key, None)


class Losing(Kept):
    def remember(self, key: str, value: str) -> None:
        """Say nothing, and keep nothing."""


class Garbling(Kept):
    def recall(self, key: str) -> str | None:
        return self.values[key][:-1]


class Away(Kept):
    def recall(self, key: str) -> str | None:
        raise Unavailable("the store is away")


class Broken(Kept):
    def remember(self, key: str, value: str) -> None:
        raise StoreError("it is read-only")


@pytest.mark.parametrize(
    ("store", "code", "verdict"),
    [
        (Losing(), "store.broken", "wrong"),
        (Garbling(), "store.broken", "wrong"),
        (Broken(), "store.broken", "wrong"),
        (Away(), "store.unanswered", "unknown"),
        (Kept(), "store.ok", "ok"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Kept) else value,
)
def test_one_round_says_whether_it_keeps_what_it_is_given(store: Kept, code: str, verdict: str) -> None:
    (found,) = examine("sqlite:///x.db", lambda: store)

    assert (found.code, found.verdict) == (code, verdict)
    assert store.values == {}, "what was written is taken away, also where reading it fails"


def test_two_that_look_at_once_do_not_take_each_other_s_line() -> None:
    keys: list[str] = []

    class Noting(Kept):
        def remember(self, key: str, value: str) -> None:
            keys.append(key)
            super().remember(key, value)

    for _ in range(2):
        assert [each.code for each in examine("x", Noting)] == ["store.ok"]
    assert len(set(keys)) == 2
    assert all(key.startswith("doctor:") for key in keys)
