"""`login`, `request`, `status`, `list`, `approve` and `deny`, against a running service behind its proxy."""

import json
import os
import re
import stat
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli.client.shown import on_offer
from countersign_client.answers import Entitlement, Entitlements, Place
from tests.bot.commands import ROOT
from tests.bot.desks import alice, bob, carol, eve, folder, nobody, office
from tests.bot.test_cli_lines import FORGED, STEERING
from tests.support.desk import Desk
from tests.support.running import Running
from tests.support.starts import MOMENTS

__all__ = ["alice", "bob", "carol", "eve", "folder", "nobody", "office"]

# --- who may not sign in


COMMANDS = (
    ("request", "admin"),
    ("status", "r-0000000000"),
    ("list",),
    ("approve", "r-0000000000", "--yes"),
    ("deny", "r-0000000000", "--because", "no", "--yes"),
    ("take-back", "r-0000000000", "--yes"),
    ("withdraw", "r-0000000000", "--yes"),
    ("end", "r-0000000000", "--yes"),
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


def test_where_no_browser_opens_it_is_said_how_one_elsewhere_gets_here(
    nobody: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["bot.cli.client.login"], "_PATIENCE", 0.05)
    for env, arguments in (({"BROWSER": ""}, ()), ({}, ("--no-browser",))):
        nobody.env |= {"DISPLAY": "", "WAYLAND_DISPLAY": "", **env}
        done = nobody.login(*arguments)
        assert done.exit_code == 2
        assert re.search(r"ssh -L (\d+):127\.0\.0\.1:\1 ", done.stderr)
        assert "nobody came back" in done.stderr


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
    wrong = ("admin", "--for", "9h", "--because", "INC-1")
    for arguments, code in ((("none",), "entitlement"), (wrong, "duration")):
        done = alice.run("request", *arguments)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("countersign: ")
        told = alice.json("request", *arguments, code=1)
        assert told["code"].startswith(code)


@pytest.mark.parametrize(("start", "code", "said"), MOMENTS)
def test_a_start_that_cannot_be_is_refused(alice: Desk, start: str, code: str, said: str) -> None:
    done = alice.run("request", "admin", "--because", "INC-1", "--start", start)

    assert (done.exit_code, done.stdout) == (1, "")
    assert said in " ".join(done.stderr.split())
    assert alice.json("request", "admin", "--because", "INC-1", "--start", start, code=1)["code"] == code


def test_access_is_asked_for_that_begins_later(alice: Desk) -> None:
    start = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    asked = alice.json("request", "admin", "--for", "1h", "--because", "INC-1", "--start", start.isoformat())

    told = alice.json("status", asked["id"])
    assert datetime.fromisoformat(told["start"]) == start
    assert "1 hour from" in alice.run("status", asked["id"]).stdout
    assert alice.run("withdraw", asked["id"], "--yes").exit_code == 0


@pytest.mark.parametrize(
    "command",
    [("request", ""), ("status", " "), ("approve", "", "--yes"), ("deny", "", "--because", "x", "--yes")],
    ids=lambda command: command[0],
)
def test_a_name_that_is_blank_is_no_name(alice: Desk, command: tuple[str, ...]) -> None:
    done = alice.run(*command)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nothing stands here" in done.stderr


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ((), "you have no open request and no access now\n"),
        (("--waiting",), "nothing waits for your approval\n"),
        (("--active",), "you have no access now\n"),
    ],
)
def test_a_list_of_nothing_says_what_there_is_none_of(eve: Desk, which: tuple[str, ...], said: str) -> None:
    assert eve.run("list", *which).stdout == said


def test_who_asks_for_something_unknown_is_told_where_the_names_are(alice: Desk) -> None:
    assert "countersign list --entitlements" in alice.run("request", "none", "--because", "INC-1").stderr
    assert "countersign list --entitlements" not in alice.run("request", "admin").stderr


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
    offered = alice.run("list", "--entitlements").stdout
    assert "admin\n  Compute admin\n" in offered
    assert (
        "  roles/compute.instanceAdmin.v1 on projects/shop-prod\n  For at most 4 hours\n  Approval: 1 of "
        in offered
    )


def test_what_is_offered_is_listed_with_its_condition_and_a_group_as_a_membership() -> None:
    narrowed = Place(resource="projects/shop-prod", roles=("roles/run.viewer",), condition='resource.name == "x"')
    group = Place(resource="groups/admins@example.com", roles=("MEMBER",), condition="")
    offered = {"a": narrowed, "b": group}
    items = tuple(Entitlement(id=each, title=each, targets=(place,), told={}) for each, place in offered.items())

    assert list(on_offer(Entitlements(items=items, told={}))) == [
        "a",
        "  a",
        "  roles/run.viewer on projects/shop-prod",
        '  Only where resource.name == "x"',
        "b",
        "  b",
        "  Membership of admins@example.com",
    ]


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
        bob.run("deny", asked, "--because", "x", "--yes"),
    ):
        assert all(sign.isprintable() or sign == "\n" for sign in done.output), ascii(done.output)
        assert not any(line.startswith(FORGED) for line in done.output.splitlines())
    assert all(" " <= sign <= "~" or sign == "\n" for sign in bob.run("status", asked, "--json").stdout)


def test_who_has_signed_in_gets_a_token_as_the_page_of_the_api_says(carol: Desk) -> None:
    # Who has hardly called before: on a quick machine others are out of calls by now, and this one is made once.
    page = (ROOT / "docs" / "api.md").read_text()
    recipe = page.partition("```python\n")[2].partition("```")[0]
    env = {**os.environ, **carol.env}
    done = subprocess.run([sys.executable, "-c", recipe], env=env, cwd=ROOT, capture_output=True, check=True)

    bearer = {"Authorization": f"Bearer {done.stdout.decode().strip()}"}
    call = urllib.request.Request(f"{carol.gate.url}/v1/me", headers=bearer)
    with urllib.request.urlopen(call, timeout=30) as answer:
        assert json.load(answer)["principal"] == "carol@example.com"
