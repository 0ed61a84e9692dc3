"""Instructions are counted where valgrind is, and where it is not the bench says so in a sentence."""

import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from bench import instructions
from bench.__main__ import COUNTED, PARTS, main


def test_without_valgrind_nothing_is_measured_and_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["starts", "--instructions"]) == 2
    said = capsys.readouterr()
    assert "apt-get install valgrind" in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_a_part_that_is_not_counted_is_named_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crowds", "--instructions"]) == 2
    assert f"no such part by instructions: crowds. There are {', '.join(COUNTED)}" in capsys.readouterr().err


def test_what_is_counted_is_measured_by_time_as_well() -> None:
    assert set(COUNTED) <= set(PARTS)


def test_clicks_that_were_acknowledged_and_approved_nothing_are_no_figure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    counted: list[int] = []

    def acknowledges(_: instructions.Server, *, folder: Path, asks: Callable[[], Sequence[bytes]]) -> int:
        """A server that answers whatever it is asked, and does nothing of it."""
        counted.append(len(asks()))
        return counted[-1]

    monkeypatch.setattr(instructions, "_count", acknowledges)
    monkeypatch.setattr(instructions, "_outside", lambda _: nullcontext(9))
    with pytest.raises(AssertionError, match="was acknowledged and is pending"):
        instructions.answers(tmp_path)
    assert len(counted) == 3, "what bare Bolt is asked is approved by nobody"


def test_the_sum_of_a_file_of_counts_is_read() -> None:
    assert instructions.read("fl=x\nfn=y\n0 12\nsummary: 1565061175\n") == 1_565_061_175


def test_a_process_that_was_killed_leaves_no_sum_and_is_no_figure() -> None:
    with pytest.raises(ValueError, match=re.escape("did not end as it was told")):
        instructions.read("fl=x\nfn=y\n0 12\n")
