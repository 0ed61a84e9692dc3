"""The demo around the story: what it says when it cannot run, and what it leaves behind."""

import importlib.util
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from demo import play, running, stage
from demo.ports import free_port
from tests.bot.commands import ROOT, run
from tests.support.running import POLICY

# Its state goes into a folder of the test's, for somebody's own demo may be running beside.
DEMO = """
import sys, pathlib
from demo import running
running.STATE = pathlib.Path(sys.argv[1])
sys.exit(running.run(port=int(sys.argv[2])))
"""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(running, "STATE", tmp_path / "state")
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def with_policy(monkeypatch: pytest.MonkeyPatch, policy: Path) -> None:
    """Let the demo's service start with another policy."""
    usual = running._environment
    monkeypatch.setattr(running, "_environment", lambda **k: usual(**k) | {"COUNTERSIGN_POLICY": str(policy)})


def test_a_step_that_fails_fails_the_play_and_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    with_policy(monkeypatch, tmp_path / "policy.yaml")
    monkeypatch.setattr(stage, "_TIMEOUT", 0.5)

    assert play.play() == 1
    said = capsys.readouterr()
    assert "FAILED: waited" in said.err
    assert "bob sees the card's buttons" in said.err
    assert "Every step went well" not in said.out


def test_a_service_that_does_not_start_fails_the_play_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.yaml").write_text("version: 3\n")
    with_policy(monkeypatch, tmp_path / "policy.yaml")

    assert play.play() == 1
    assert f"{tmp_path}/policy.yaml:1:10" in capsys.readouterr().err


@pytest.mark.parametrize("absent", ["demo", "sandbox"])
@pytest.mark.parametrize("how", [["--play"], ["--port", "0"]], ids=["play", "run"])
def test_without_the_sandbox_the_demo_says_so(
    monkeypatch: pytest.MonkeyPatch, absent: str, how: list[str]
) -> None:
    usual = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == absent else usual(name))
    done = run("demo", *how)
    assert done.exit_code == 1
    assert "the sandbox is not part of this installation: run the demo from a checkout" in done.output


def test_a_taken_port_is_named_and_the_other_demos_state_stays(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    kept = tmp_path / "state" / "countersign.db"
    kept.write_text("another demo's")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("demo", "--port", str(port))
    assert done.exit_code == 1
    assert f"port {port} is taken" in done.output
    assert "make demo PORT=9090, or countersign demo --port 9090" in done.output
    assert kept.read_text() == "another demo's"


def test_a_port_for_the_play_is_refused() -> None:
    done = run("demo", "--play", "--port", "9090")
    assert done.exit_code == 2
    assert "leave --port out" in done.output


def test_an_interrupted_play_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(play, "tell", lambda _, **__: os.kill(os.getpid(), signal.SIGINT))
    assert play.play() == 130
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "\ncountersign demo: interrupted\n")


@pytest.mark.parametrize(
    ("given", "wanted"), [([], ""), (["PORT="], ""), (["PORT= "], ""), (["PORT=9090"], "--port 9090")]
)
def test_make_demo_hands_the_port_on(given: list[str], wanted: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "demo", *given],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shlex.split(done.stdout.splitlines()[-1]) == [".venv/bin/countersign", "demo", *wanted.split()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_demo_and_all_of_its_children(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    with demo_process(tmp_path, port) as (child, welcome, children):
        assert f"http://localhost:{port}\n" in welcome
        assert f"ssh -L {port}:localhost:{port}" in welcome
        assert "An application whose refunds need approval is at http://localhost:" in welcome
        with urlopen(f"http://localhost:{port}/", timeout=60) as page:
            assert page.status == 200
        child.send_signal(number)
        rest, _ = child.communicate(timeout=60)
    assert [line for line in rest.splitlines() if " WARNING " not in line] == ["", "The demo has ended."]
    assert child.returncode == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


def test_a_child_that_dies_ends_the_demo(tmp_path: Path) -> None:
    with demo_process(tmp_path, free_port()) as (child, _, children):
        os.kill(children[-1], signal.SIGKILL)
        rest, _ = child.communicate(timeout=60)
    assert "ended by itself" in rest
    assert child.returncode == 1
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


@contextmanager
def demo_process(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str, list[int]]]:
    """The demo as a process, what it says when it is ready, and its children."""
    child = subprocess.Popen(
        [sys.executable, "-c", DEMO, str(folder / "state"), str(port)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with child:
        try:
            assert child.stdout is not None
            welcome = ""
            while "Ctrl-C" not in welcome and (line := child.stdout.readline()):
                welcome += line
            # The blank line after it: nothing is left in the buffer that communicate would lose.
            welcome += child.stdout.readline()
            yield child, welcome, children_of(child.pid)
        finally:
            child.terminate()


def children_of(pid: int) -> list[int]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if len(found) >= 3:
            return [int(each) for each in found]
        time.sleep(0.02)
    return []
