"""Lines come out of pieces of any size, and one that is too long costs its limit and no more."""

import pytest

from countersign_client.mcp.proxy.lines import Lines, TooLong


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_lines_are_the_same_however_they_are_cut(size: int) -> None:
    text, lines = b"one\ntwo\n\nthree\nrest", Lines(100)

    found = [line for at in range(0, len(text), size) for line in lines.of(text[at : at + size])]

    assert found == [b"one", b"two", b"", b"three"]


@pytest.mark.parametrize("size", [1, 10, 5_000])
def test_a_line_that_is_too_long_is_told_by_its_ends_and_the_next_is_whole(size: int) -> None:
    text, lines = b"start" + b"x" * 3_000 + b"end\nnext\n", Lines(1_000)

    long, after = [line for at in range(0, len(text), size) for line in lines.of(text[at : at + size])]

    assert isinstance(long, TooLong)
    assert long.start.startswith(b"start")
    assert long.end.endswith(b"end")
    assert after == b"next"


def test_no_more_than_the_limit_is_held() -> None:
    lines = Lines(1_000)

    for _ in range(1_000):
        assert list(lines.of(b"x" * 1_000)) == []

    assert len(lines._kept) <= 1_000
