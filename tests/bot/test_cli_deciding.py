"""`countersign approve` and `deny` decide what they show; `--wait` says what came of it."""

import os
import pty
import re
import subprocess
import sys
from contextlib import closing

import pytest

from tests.bot.commands import ROOT
from tests.bot.desks import alice, bob, carol, folder, nobody, office
from tests.support.desk import Desk
from tests.support.running import Running

__all__ = ["alice", "bob", "carol", "folder", "nobody", "office"]


def test_nobody_approves_their_own(alice: Desk) -> None:
    asked = alice.asked("pair")
    done = alice.run("approve", asked, "--yes")
    assert done.exit_code == 1
    assert alice.json("status", asked)["state"] == "pending"


def test_without_a_terminal_nothing_is_decided_unless_it_is_said(alice: Desk, bob: Desk) -> None:
    asked = alice.asked()
    for command in (("approve", asked), ("deny", asked, "--because", "no")):
        done = bob.run(*command)
        assert done.exit_code == 2
        assert "--yes" in done.stderr
    assert alice.json("status", asked)["state"] == "pending"


def test_what_has_changed_since_it_was_shown_is_refused(
    alice: Desk, bob: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from msgspec.structs import replace  # noqa: PLC0415

    from countersign_client.client import Client  # noqa: PLC0415

    asked, request = alice.asked(), Client.request
    changed = {"digest": "sha256:" + "0" * 64}
    monkeypatch.setattr(Client, "request", lambda self, name: replace(request(self, name), **changed))
    told = bob.json("approve", asked, "--yes", code=1)
    assert told["code"] == "changed"
    monkeypatch.undo()
    assert alice.json("status", asked)["state"] == "pending"


def test_a_stage_with_a_signature_is_refused_with_the_pages_address(alice: Desk, bob: Desk, carol: Desk) -> None:
    asked = alice.asked("signed", why="CHG-2 out with it")
    assert bob.run("approve", asked, "--yes").exit_code == 0
    done = carol.run("approve", asked)
    assert done.exit_code == 1
    assert f"{carol.gate.url}/request/{asked}" in done.stderr
    assert alice.json("status", asked)["state"] == "pending"


def test_a_denial_without_a_reason_is_refused(alice: Desk, bob: Desk) -> None:
    asked = alice.asked()
    assert bob.run("deny", asked, "--yes").exit_code == 2
    assert bob.run("deny", asked, "--yes", "--because", " ").exit_code == 2
    assert alice.json("status", asked)["state"] == "pending"


def test_who_is_asked_and_says_no_decides_nothing_and_who_says_yes_approves(alice: Desk, bob: Desk) -> None:
    asked = alice.asked()
    assert _at_a_terminal(bob, "n\n", "approve", asked)[0] == 1
    assert alice.json("status", asked)["state"] == "pending"
    code, said = _at_a_terminal(bob, "y\n", "approve", asked)
    assert code == 0, said
    shown = alice.json("status", asked)
    assert shown["state"] == "approved"
    assert "revision 1" in said
    assert shown["digest"] in said


def test_an_approval_gives_access_and_who_waits_is_told(office: Running, alice: Desk, carol: Desk) -> None:
    asked = alice.asked("narrow")
    assert carol.json("approve", asked, "--yes", "--comment", "go on")["state"] == "approved"
    told = alice.json("status", asked, "--wait", "--timeout", "60s")

    assert (told["state"], told["access"]) == ("approved", "active")
    assert office.granted(asked)
    assert office.request(asked).reviews[0].channel == "iap"
    assert asked in alice.run("list", "--active").stdout


def test_who_waits_for_what_is_denied_ends_with_one(alice: Desk, bob: Desk) -> None:
    asked = alice.asked()
    assert bob.run("deny", asked, "--because", "not today", "--yes").exit_code == 0
    done = alice.run("status", asked, "--wait")
    assert done.exit_code == 1
    assert "not today" in done.stdout
    assert alice.run("status", asked).exit_code == 1


def test_what_is_somebody_elses_is_neither_withdrawn_nor_taken_back_nor_ended(alice: Desk, bob: Desk) -> None:
    asked = alice.asked("pair")
    for desk, command in ((bob, "withdraw"), (bob, "take-back"), (alice, "take-back"), (bob, "end")):
        assert desk.run(command, asked).exit_code == 2, command  # nobody said yes
        assert desk.run(command, asked, "--yes").exit_code == 1, command
    assert alice.json("status", asked)["state"] == "pending"


def test_an_approval_is_taken_back_a_request_withdrawn_and_access_ended(
    office: Running, alice: Desk, bob: Desk, carol: Desk
) -> None:
    asked = alice.asked("pair")
    assert bob.run("approve", asked, "--yes").exit_code == 0
    assert bob.json("take-back", asked, "--yes")["state"] == "pending"
    assert [vote.verdict for vote in office.request(asked).reviews] == ["approve", "take_back"]
    assert alice.json("withdraw", asked, "--yes")["state"] == "withdrawn"

    given = alice.asked("narrow")
    assert carol.run("approve", given, "--yes").exit_code == 0
    alice.json("status", given, "--wait", "--timeout", "60s")
    assert carol.run("end", given, "--yes").exit_code == 1
    assert office.granted(given)
    assert carol.json("end", given, "--yes", "--because", "INC-1 is over")["access"] == "revoked"


def test_who_waits_in_vain_ends_with_two_and_may_wait_on(alice: Desk) -> None:
    done = alice.run("request", "pair", "--because", "INC-1", "--wait", "--timeout", "1s")
    assert done.exit_code == 2
    assert re.search(r"Wait on by countersign status r-\w+ --wait$", done.stderr, flags=re.MULTILINE)
    assert alice.run("status", "x", "--wait", "--timeout", "soon").exit_code == 2


def test_a_request_that_needs_nobody_is_there_when_the_wait_ends(alice: Desk) -> None:
    told = alice.json("request", "logs", "--because", "INC-1", "--wait", "--timeout", "60s")
    assert told["access"] == "active"


def _at_a_terminal(desk: Desk, typed: str, *arguments: str) -> tuple[int, str]:
    """Run a command on a terminal of its own, where somebody types an answer."""
    leader, follower = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **desk.env}
    with closing(os.fdopen(leader, "rb+", buffering=0)) as terminal:
        child: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-m", "bot", *arguments],
            cwd=ROOT,
            env=environment,
            stdin=follower,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(follower)
        terminal.write(typed.encode())
        out, err = child.communicate(timeout=120)
    return child.returncode, out + err
