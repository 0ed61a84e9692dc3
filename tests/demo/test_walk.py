"""The demo's guided walk, done as it says, to its end: a receipt that verifies."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from demo import running
from demo.browser import Browser
from demo.stage import Stage
from sandbox import walk
from tests.bot.commands import ROOT

VISIT = 'import sys, urllib.request as web; web.urlopen(sys.argv[1] + "&login_hint=bob%40example.com").read()'


def test_each_step_is_a_whole_sentence() -> None:
    for step in walk.load(ROOT / "examples" / "walk.yaml"):
        assert step.say.endswith((".", ":"))  # a channel's name without quotes begins a comment, and cuts it off


def test_whoever_does_what_the_walk_says_ends_with_a_verified_receipt(tmp_path: Path) -> None:
    with (
        (tmp_path / "log").open("wb") as log,
        running.started(port=0, state=tmp_path, log=log.fileno()) as (addresses, _),
    ):
        stage = Stage(addresses.page.replace("localhost", "127.0.0.1"), say=lambda _: None)

        def shown() -> dict[str, Any]:
            held: dict[str, Any] = stage._state("alice")["walk"]
            return held

        def until(number: int) -> None:
            stage.until(f"step {number}", lambda: shown()["number"] == number, quiet=True)

        assert (shown()["who"], shown()["number"], shown()["of"]) == ("U0ALICE", 1, 7)
        stage.command("alice", shown()["line"])
        until(2)
        assert shown()["who"] == "U0BOB"
        stage.press("bob", "approve")
        until(3)
        assert shown()["who"] == "U0CAROL"
        stage.press("carol", "sign")
        stage.submit("carol", {"printed_name": "Carol Chen"})
        until(4)
        stage.press("alice", "end")
        until(5)
        stage.command("alice", shown()["line"])
        until(6)
        assert shown()["who"] == "U0BOB"
        stage.until("Bob has mail", lambda: stage.mails("bob", "INC-88"))
        bob = Browser()
        bob.open(stage.link("bob", "INC-88"))
        bob.press("Approve")
        until(7)

        code = shown()["code"].replace(".demo/", f"{tmp_path}/")
        code = code.replace(".venv/bin/countersign", f"{sys.executable} -m bot")
        done = subprocess.run(["sh", "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "carol@example.com" in done.stdout

        # The lines for a terminal, by a browser that is always Bob's.
        lines = running.terminal(addresses).replace(".venv/bin/countersign", f"{sys.executable} -m bot")
        browser = {"BROWSER": f"{sys.executable} -c '{VISIT}' %s"}
        browser["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"  # somebody's own is none of the test's
        done = subprocess.run(
            ["sh", "-c", lines], cwd=ROOT, env=browser, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "You are bob@example.com" in done.stdout
        assert "compute-admin-prod" in done.stdout

        stage._act("alice", "walked")
        assert shown() is None
