"""`countersign run`: nothing is run that was refused, and nothing stays when the command is over."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from approvals.ports.store import Sought, Span
from approvals.requests import Request, lives, undecided
from bot.cli.client import running
from countersign_client.client import Client
from tests.bot.desks import alice, bob, carol, folder, office
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.running import Running

__all__ = ["alice", "bob", "carol", "folder", "office"]

ALICE = "alice@example.com"
PERMISSION = "logging.logEntries.list"
PATIENCE = 60.0


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def last(office: Running) -> Request:
    """The request of alice's that was asked last."""
    sought = [Sought(requester=ALICE)]
    (found,) = office.service.store.history(sought, span=Span(), limit=1).requests
    return found


def over(office: Running) -> None:
    """What alice asked last waits no more and gives no access."""
    assert not undecided(last(office))
    assert not lives(last(office))


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("none", "--because", "INC-1"), 1, "countersign: "),
        (("logs", "--for", "9h", "--because", "INC-1"), 1, "Too long"),
        (("logs",), 1, "Say why"),
        (("logs", "--break-glass", "--because", "INC-1"), 1, "no access for emergencies"),
        (("admin", "--because", "INC-1", "--timeout", "1s"), 2, "is withdrawn"),
    ],
)
def test_nothing_is_run_without_the_access(
    alice: Desk, tmp_path: Path, given: tuple[str, ...], code: int, said: str
) -> None:
    marker = tmp_path / "ran"
    done = alice.run("run", *given, "--", "touch", str(marker))

    assert done.exit_code == code, done.output
    assert said in done.stderr
    assert not marker.exists()


def test_what_is_denied_is_not_run(office: Running, alice: Desk, bob: Desk, tmp_path: Path) -> None:
    def deny() -> None:
        until(lambda: office.service.store.pending(limit=10))
        bob.run("deny", office.service.store.pending(limit=10)[0].id, "--because", "not now", "--yes")

    other = threading.Thread(target=deny)
    other.start()
    done = alice.run("run", "admin", "--because", "INC-1", "--", "touch", str(tmp_path / "ran"))
    other.join()

    assert done.exit_code == 1, done.output
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("code", [0, 7])
def test_a_command_has_its_access_and_its_exit_code_and_then_nothing_is_left(
    office: Running, alice: Desk, code: int
) -> None:
    done = alice.run("run", "logs", "--because", "INC-1", "--", "sh", "-c", f"exit {code}")

    assert done.exit_code == code, done.output
    assert "is ended" in done.stderr
    grant = last(office).grant
    assert grant is not None
    assert (grant.state, grant.cause) == ("ended", "holder")


def test_a_command_that_there_is_not_leaves_nothing_either(office: Running, alice: Desk) -> None:
    done = alice.run("run", "logs", "--because", "INC-1", "--", "/no/such/program")

    assert done.exit_code == 127
    assert "cannot be run" in done.stderr
    over(office)


@pytest.fixture
def asking(office: Running, alice: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Alice's desk, with credentials that ask Google."""
    monkeypatch.setitem(alice.env, "COUNTERSIGN_SANDBOX", "1")
    monkeypatch.setitem(alice.env, "GOOGLE_API_BASE_URL", office.box.google_api_url)
    monkeypatch.setattr(running, "_LOOK", 0.05)
    return alice


@pytest.mark.parametrize("given", [("--permission", PERMISSION), ()])
def test_it_waits_until_google_lets_the_caller_do_it(
    office: Running, asking: Desk, tmp_path: Path, given: tuple[str, ...]
) -> None:
    google, marker = office.box.google, tmp_path / "ran"
    resource = "projects/shop-prod"
    google.withheld.add((resource, PERMISSION))
    seen: list[bool] = []

    def refused() -> list[object]:
        return [each for each in google.calls("testIamPermissions") if PERMISSION in each.body["permissions"]]

    def applied() -> None:
        before = len(refused())
        until(lambda: len(refused()) > before + 1)
        seen.append(marker.exists())
        google.withheld.discard((resource, PERMISSION))

    other = threading.Thread(target=applied)
    other.start()
    done = asking.run("run", "logs", "--because", "INC-1", *given, "--", "touch", str(marker))
    other.join()

    assert done.exit_code == 0, done.output
    assert seen == [False]
    assert marker.exists()


def test_nothing_is_run_where_google_does_not_say_yes_in_time(
    office: Running, asking: Desk, tmp_path: Path
) -> None:
    office.box.google.withheld.add(("projects/shop-prod", PERMISSION))
    try:
        done = asking.run(
            "run", "logs", "--because", "INC-1", "--timeout", "3s", "--", "touch", str(tmp_path / "ran")
        )
    finally:
        office.box.google.withheld.clear()

    assert done.exit_code == 2, done.output
    assert "nothing was run" in done.stderr
    assert not (tmp_path / "ran").exists()
    over(office)


def test_what_is_taken_away_before_google_says_yes_is_not_run(
    office: Running, asking: Desk, tmp_path: Path
) -> None:
    google = office.box.google
    google.withheld.add(("projects/shop-prod", PERMISSION))
    ended: list[int] = []

    def revoke() -> None:
        before = len(google.calls("testIamPermissions"))
        until(lambda: len(google.calls("testIamPermissions")) > before)
        ended.append(Caller(office, ALICE).post(f"/v1/requests/{last(office).id}/end", {}).status)

    other = threading.Thread(target=revoke)
    other.start()
    try:
        done = asking.run("run", "logs", "--because", "INC-1", "--", "touch", str(tmp_path / "ran"))
    finally:
        other.join()
        google.withheld.clear()

    assert (done.exit_code, ended) == (1, [200]), done.output
    assert "nothing was run" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_what_is_approved_while_it_is_withdrawn_is_ended(
    office: Running, alice: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waited when it was looked at, and gives access when it is to be withdrawn."""
    look, voted = Client.request, list[int]()

    def looked(client: Client, request: str) -> object:
        found = look(client, request)
        if found.state == "pending":
            shown = {"revision": found.revision, "digest": found.digest}
            voted.append(Caller(office, "bob@example.com").post(f"/v1/requests/{request}/approve", shown).status)
        return found

    monkeypatch.setattr(Client, "request", looked)
    done = alice.run("run", "admin", "--because", "INC-1", "--timeout", "1s", "--", "true")

    assert (done.exit_code, voted) == (2, [200]), done.output
    assert "is ended" in done.stderr
    over(office)


def test_who_stops_while_it_is_asked_waits_for_the_answer_and_keeps_nothing(
    office: Running, alice: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Client.ask

    def asked(client: Client, *what: str, **how: object) -> object:
        os.kill(os.getpid(), signal.SIGTERM)
        return ask(client, *what, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Client, "ask", asked)
    done = alice.run("run", "logs", "--because", "INC-1", "--", "touch", str(tmp_path / "ran"))

    assert done.exit_code == 128 + signal.SIGTERM, done.output
    assert "is ended" in done.stderr
    assert not (tmp_path / "ran").exists()
    over(office)


def test_a_permission_that_there_is_not_is_said_and_nothing_stays(office: Running, asking: Desk) -> None:
    done = asking.run("run", "logs", "--because", "INC-1", "--permission", "logging.*", "--", "true")

    assert done.exit_code == 2, done.output
    assert "logging.*" in done.stderr
    over(office)


def test_an_end_that_cannot_be_told_is_said(
    office: Running, alice: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go = tmp_path / "started", tmp_path / "go"
    gate = alice.gate
    before = gate.accessors

    def shut() -> None:
        until(started.exists)
        gate.accessors = frozenset({"nobody@example.com"})
        go.touch()

    other = threading.Thread(target=shut)
    other.start()
    try:
        script = f"touch {started}; while [ ! -e {go} ]; do sleep 0.05; done; exit 3"
        done = alice.run("run", "logs", "--because", "INC-1", "--", "sh", "-c", script)
    finally:
        other.join()
        gate.accessors = before

    assert done.exit_code == 3, done.output
    assert "is not known" in done.stderr
    assert "ends by itself" in done.stderr
    assert lives(last(office))


def started(desk: Desk, *arguments: str) -> "subprocess.Popen[str]":
    """The same as a program of its own, to which signals can be sent."""
    program = Path(sys.executable).parent / "countersign"
    env = {**os.environ, **desk.env}
    return subprocess.Popen([str(program), "run", *arguments], env=env, stderr=subprocess.PIPE, text=True)


def test_a_signal_reaches_the_command_and_the_access_ends(office: Running, alice: Desk, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = f"trap 'exit 9' TERM; touch {ready}; while :; do sleep 0.05; done"
    begun = started(alice, "logs", "--because", "INC-1", "--", "sh", "-c", script)
    until(ready.exists)
    begun.send_signal(signal.SIGTERM)
    _, said = begun.communicate(timeout=PATIENCE)

    assert begun.returncode == 9, said
    assert "is ended" in said
    over(office)


def test_who_stops_waiting_withdraws_what_was_asked(office: Running, alice: Desk, tmp_path: Path) -> None:
    begun = started(alice, "admin", "--because", "INC-1", "--", "touch", str(tmp_path / "ran"))
    assert begun.stderr is not None
    assert "waits at" in begun.stderr.readline()
    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate(timeout=PATIENCE)

    assert begun.returncode == 128 + signal.SIGINT, said
    assert "is withdrawn" in said
    assert not (tmp_path / "ran").exists()
    over(office)
