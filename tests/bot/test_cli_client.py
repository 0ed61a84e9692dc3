"""`login`, `request`, `status`, `list`, `approve` and `deny`, against a running service behind its proxy."""

import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.bot.commands import ROOT
from tests.bot.test_cli_lines import FORGED, STEERING
from tests.support.desk import Desk, offices
from tests.support.running import Running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desks")


@pytest.fixture(scope="module")
def office(folder: Path) -> Iterator[Running]:
    with offices(folder) as office:
        yield office


def _at(office: Running, folder: Path, who: str) -> Desk:
    desk = Desk(office, folder / who, who)
    done = desk.login("--no-keyring")
    assert done.exit_code == 0, done.output
    return desk


@pytest.fixture(scope="module")
def alice(office: Running, folder: Path) -> Desk:
    return _at(office, folder, "alice")


@pytest.fixture(scope="module")
def bob(office: Running, folder: Path) -> Desk:
    return _at(office, folder, "bob")


@pytest.fixture(scope="module")
def carol(office: Running, folder: Path) -> Desk:
    return _at(office, folder, "carol")


@pytest.fixture
def nobody(office: Running, tmp_path: Path) -> Desk:
    return Desk(office, tmp_path, "dan")


# --- who may not sign in


COMMANDS = (
    ("request", "admin"),
    ("status", "r-0000000000"),
    ("list",),
    ("approve", "r-0000000000", "--yes"),
    ("deny", "r-0000000000", "--why", "no", "--yes"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_who_has_not_signed_in_is_told_how(nobody: Desk, command: tuple[str, ...]) -> None:
    done = nobody.run(*command)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "run countersign login" in done.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_sign_in_that_others_may_read_is_not_used(alice: Desk, nobody: Desk, command: tuple[str, ...]) -> None:
    nobody.kept.parent.mkdir()
    nobody.kept.write_bytes(alice.kept.read_bytes())
    nobody.kept.chmod(0o644)
    done = nobody.run(*command)
    assert done.exit_code == 2
    assert "may be read by others" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "--url https://HOST"),
        (("--url", "https://countersign.example.com"), "--client client_secret.json"),
        (("--url", "http://countersign.example.com"), "starts with https://"),
        (("--url", "https://countersign.example.com", "--by", "robot"), "there is no way to sign in by 'robot'"),
        (("--url", "https://countersign.example.com", "--by", "service-account"), "--iap-client"),
        (("--url", "https://countersign.example.com", "--client", "none.json"), "none.json: No such file"),
    ],
)
def test_a_login_that_cannot_be_used_says_what_is_missing(
    nobody: Desk, arguments: tuple[str, ...], why: str
) -> None:
    done = nobody.run("login", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert why in done.stderr


def test_who_the_proxy_does_not_let_in_is_not_signed_in(nobody: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nobody.gate, "accessors", frozenset({"alice@example.com"}))
    done = nobody.login("--no-keyring")
    assert done.exit_code == 1
    assert "roles/iap.httpsResourceAccessor" in done.stderr
    assert not nobody.kept.exists()


def test_who_the_service_does_not_know_is_not_signed_in(office: Running, tmp_path: Path) -> None:
    stranger = Desk(office, tmp_path, "eve")
    stranger.who = "eve%40elsewhere.test&x="
    done = stranger.login("--no-keyring")
    assert done.exit_code == 1, done.output
    assert not stranger.kept.exists()


# --- signing in


def test_a_person_signs_in_and_nothing_secret_is_printed(nobody: Desk) -> None:
    done = nobody.login("--no-keyring")

    assert done.exit_code == 0, done.output
    assert f"You are dan@example.com at {nobody.gate.url}." in done.stdout
    assert stat.S_IMODE(nobody.kept.stat().st_mode) == 0o600
    kept = json.loads(nobody.kept.read_text())
    assert kept["refresh_token"]
    assert kept["refresh_token"] not in done.output
    assert "GOCSPX" not in done.output


def test_what_is_left_out_is_taken_from_the_last_time_and_can_be_forgotten(nobody: Desk) -> None:
    nobody.login("--no-keyring")
    first = json.loads(nobody.kept.read_text())
    nobody.file.unlink()
    again = nobody.again("--no-keyring")

    assert again.exit_code == 0, again.output
    second = json.loads(nobody.kept.read_text())
    assert second["refresh_token"] != first["refresh_token"]
    assert {**second, "refresh_token": ""} == {**first, "refresh_token": ""}
    assert nobody.run("login", "--forget").stdout == "forgotten\n"
    assert not nobody.kept.exists()


# --- asking


def test_a_request_that_is_refused_says_why(alice: Desk) -> None:
    for arguments, code in ((("none",), "entitlement"), (("admin", "--for", "9h", "--why", "INC-1"), "duration")):
        done = alice.run("request", *arguments)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("countersign: ")
        told = alice.json("request", *arguments, code=1)
        assert told["code"].startswith(code)


def test_a_request_is_asked_shown_and_listed(alice: Desk, bob: Desk) -> None:
    asked = alice.asked(why="INC-7 the disk is full")
    shown = alice.run("status", asked)

    assert shown.exit_code == 0, shown.output
    for words in (asked, "INC-7 the disk is full", "pending", "projects/shop-prod", "Compute admin"):
        assert words in shown.stdout
    assert alice.json("status", asked)["justification"] == "INC-7 the disk is full"
    assert asked in alice.run("list").stdout
    assert asked in bob.run("list", "--waiting").stdout
    assert asked in [one["id"] for one in bob.json("list", "--waiting")]
    assert asked not in alice.run("list", "--waiting").stdout
    assert "admin\n" in alice.run("list", "--entitlements").stdout


def test_output_is_narrow(alice: Desk, bob: Desk) -> None:
    asked = alice.asked("signed", why="CHG-1 " + "a long reason " * 20)
    for done in (alice.run("status", asked), alice.run("list"), bob.run("list", "--waiting")):
        wide = [line for line in done.stdout.splitlines() if len(line) > 79 and " " in line.strip()[30:]]
        assert wide == [], done.stdout


def test_what_others_typed_steers_no_terminal(alice: Desk, bob: Desk) -> None:
    asked = alice.asked(why=f"INC-1 {STEERING}")
    for done in (
        bob.run("status", asked),
        bob.run("list", "--waiting"),
        bob.run("deny", asked, "--why", "x", "--yes"),
    ):
        assert all(sign.isprintable() or sign == "\n" for sign in done.output), ascii(done.output)
        assert not any(line.startswith(FORGED) for line in done.output.splitlines())
    assert all(" " <= sign <= "~" or sign == "\n" for sign in bob.run("status", asked, "--json").stdout)


# --- deciding


def test_nobody_approves_their_own(alice: Desk) -> None:
    asked = alice.asked("pair")
    done = alice.run("approve", asked, "--yes")
    assert done.exit_code == 1
    assert alice.json("status", asked)["state"] == "pending"


def test_without_a_terminal_nothing_is_decided_unless_it_is_said(alice: Desk, bob: Desk) -> None:
    asked = alice.asked()
    for command in (("approve", asked), ("deny", asked, "--why", "no")):
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
    done = carol.run("approve", asked, "--yes")
    assert done.exit_code == 1
    assert f"{carol.gate.url}/request/{asked}" in done.stderr
    assert alice.json("status", asked)["state"] == "pending"


def test_a_denial_without_a_reason_is_refused(alice: Desk, bob: Desk) -> None:
    asked = alice.asked()
    assert bob.run("deny", asked, "--yes").exit_code == 2
    assert bob.run("deny", asked, "--yes", "--why", " ").exit_code == 1
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


def test_an_approval_gives_access_and_who_waits_is_told(office: Running, alice: Desk, bob: Desk) -> None:
    asked = alice.asked(why="INC-9")
    assert bob.json("approve", asked, "--yes", "--comment", "go on")["state"] == "approved"
    told = alice.json("status", asked, "--wait", "--timeout", "60s")

    assert (told["state"], told["access"]) == ("approved", "active")
    assert office.granted(asked)
    assert office.request(asked).reviews[0].channel == "iap"
    assert asked in alice.run("list", "--active").stdout


def test_who_waits_for_what_is_denied_ends_with_one(alice: Desk, bob: Desk) -> None:
    asked = alice.asked()
    assert bob.run("deny", asked, "--why", "not today", "--yes").exit_code == 0
    done = alice.run("status", asked, "--wait")
    assert done.exit_code == 1
    assert "not today" in done.stdout
    assert alice.run("status", asked).exit_code == 1


def test_who_waits_in_vain_ends_with_two_and_may_wait_on(alice: Desk) -> None:
    done = alice.run("request", "pair", "--why", "INC-1", "--wait", "--timeout", "1s")
    assert done.exit_code == 2
    assert "Wait on with countersign status --wait" in done.stderr
    assert alice.run("status", "x", "--wait", "--timeout", "soon").exit_code == 2


def test_a_request_that_needs_nobody_is_there_when_the_wait_ends(alice: Desk) -> None:
    told = alice.json("request", "logs", "--why", "INC-1", "--wait", "--timeout", "60s")
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
