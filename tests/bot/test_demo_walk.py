"""The demo's guided walk, done as it says, to its end: a receipt that verifies."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from bot import demo
from bot.story import Stage
from tests.bot.commands import ROOT


def test_whoever_does_what_the_walk_says_ends_with_a_verified_receipt(tmp_path: Path) -> None:
    with (
        (tmp_path / "log").open("wb") as log,
        demo.started(port=0, state=tmp_path, log=log.fileno()) as (running, _),
    ):
        stage = Stage(running.page.replace("localhost", "127.0.0.1"), say=lambda _: None)

        def walk() -> dict[str, Any]:
            shown: dict[str, Any] = stage._state("alice")["walk"]
            return shown

        def until(number: int) -> None:
            stage.until(f"step {number}", lambda: walk()["number"] == number, quiet=True)

        assert (walk()["who"], walk()["number"], walk()["of"]) == ("U0ALICE", 1, 5)
        stage.command("alice", walk()["line"])
        until(2)
        assert walk()["who"] == "U0BOB"
        stage.press("bob", "approve")
        until(3)
        assert walk()["who"] == "U0CAROL"
        stage.press("carol", "sign")
        stage.submit("carol", {"printed_name": "Carol Chen"})
        until(4)
        stage.press("alice", "end")
        until(5)

        code = walk()["code"].replace(".demo/", f"{tmp_path}/")
        code = code.replace(".venv/bin/countersign", f"{sys.executable} -m bot")
        done = subprocess.run(["sh", "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "carol@example.com" in done.stdout

        stage._act("alice", "walked")
        assert walk() is None
