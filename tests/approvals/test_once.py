"""A property that is worked out when it is first asked for."""

import pytest

from approvals.once import once


class Sum:
    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers
        self.looks = 0

    @once
    def total(self) -> int:
        """All of them together."""
        self.looks += 1
        if not self.numbers:
            raise ValueError("nothing to add")
        return sum(self.numbers)


def test_it_is_worked_out_once_for_each_object() -> None:
    one, other = Sum(1, 2), Sum(3)
    assert [one.total, one.total, other.total] == [3, 3, 3]
    assert (one.looks, other.looks) == (1, 1)


def test_what_raises_is_worked_out_again() -> None:
    nothing = Sum()
    for _ in range(2):
        with pytest.raises(ValueError, match="nothing to add"):
            _ = nothing.total
    assert nothing.looks == 2
