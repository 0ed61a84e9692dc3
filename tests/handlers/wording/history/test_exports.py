"""The history as one JSON array: whole in any number of pieces, and no JSON where it is cut off."""

import json
from itertools import pairwise

import pytest

from approvals.ports.store import Stretch
from approvals.requests import Request
from handlers.wording.history.exports import written
from tests.support.builders import filed


def requests(number: int) -> list[Request]:
    return [filed().request for _ in range(number)]


def pieces(*sizes: int) -> tuple[list[str], bytes]:
    """The ids of as many requests in each stretch, and the file of them."""
    stretches = [Stretch(requests=tuple(requests(size)), damaged=()) for size in sizes]
    return [each.id for one in stretches for each in one.requests], b"".join(written(stretches, "json"))


@pytest.mark.parametrize("sizes", [(), (0,), (0, 0), (1,), (0, 1, 0), (2, 3), (3, 0, 1)])
def test_however_many_stretches_there_are_it_is_one_array_of_all(sizes: tuple[int, ...]) -> None:
    ids, file = pieces(*sizes)

    assert sorted(row["request"] for row in json.loads(file)) == sorted(ids)
    assert file.endswith(b"]\n")


def test_each_row_is_a_line() -> None:
    ids, file = pieces(2, 1)

    assert len(file.splitlines()) == len(ids) + 2
    assert all(after.startswith(b"{") or after == b"]" for _, after in pairwise(file.splitlines()))


def test_what_is_cut_off_is_no_json() -> None:
    _, file = pieces(2)

    for end in range(len(file.rstrip())):
        with pytest.raises(json.JSONDecodeError):
            json.loads(file[:end])
