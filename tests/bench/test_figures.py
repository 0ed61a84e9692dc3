"""What the benchmark writes and prints. How fast anything is, no test asks."""

import sys
import time
from pathlib import Path

import msgspec
import pytest

from bench.__main__ import main
from bench.bodies import command
from bench.figures import Figure, ratio, read, write
from bench.load import complete
from bench.processes import LOAD_CORE, Child


def figure(value: float, *, target: float = 2.0, better: str = "lower") -> Figure:
    return msgspec.convert(
        {"name": "clicks", "value": value, "target": target, "better": better, "baseline": "bare Bolt"}, Figure
    )


def test_a_file_of_something_else_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "bench.json").write_text('[{"name": "clicks"}]')
    with pytest.raises(msgspec.ValidationError):
        read(tmp_path / "bench.json")


def test_a_value_on_the_wrong_side_of_its_target_is_short() -> None:
    assert " short " in figure(2.1).line()
    assert " short " in figure(0.4, target=0.45, better="higher").line()


def test_a_value_at_its_target_is_ok() -> None:
    assert " ok " in figure(2.0).line()
    assert " ok " in figure(0.45, target=0.45, better="higher").line()


def test_a_line_names_figure_value_and_target() -> None:
    line = figure(1.25).line()
    assert line.startswith("clicks ")
    assert "1.250" in line
    assert "<= 2 " in line
    assert "(bare Bolt)" in line


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "build" / "bench.json"
    write([figure(1.0), figure(0.5, better="higher")], path)
    assert read(path) == [figure(1.0), figure(0.5, better="higher")]
    assert set(msgspec.json.decode(path.read_bytes())[0]) == {"name", "value", "target", "better", "baseline"}


def test_a_ratio_compares_the_medians_of_the_rounds() -> None:
    found = ratio("clicks", [3.0, 100.0, 2.0], [1.0, 1.5, 90.0], target=3.0, baseline="bare Bolt")
    assert found.value == 2.0
    assert found.baseline.endswith("bare Bolt")


def test_an_answer_is_complete_when_its_body_is_there() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
    assert not complete(head)
    assert not complete(head + b"\r\no")
    assert complete(head + b"\r\nok")


def test_a_request_names_the_length_of_its_body() -> None:
    head, _, body = command().partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head


def test_elsewhere_than_on_linux_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")

    assert main([]) == 2
    assert "needs Linux" in capsys.readouterr().err


def test_the_cpu_of_a_child_grows_while_it_works(tmp_path: Path) -> None:
    busy = Child([sys.executable, "-c", "while True: pass"], environ={}, core=LOAD_CORE, log=tmp_path / "log")
    try:
        before, deadline = busy.cpu(), time.monotonic() + 60
        while busy.cpu() < before + 0.2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert busy.cpu() >= before + 0.2
    finally:
        busy.end()
