"""`countersign mcp` needs the SDK, and nothing else of ours does."""

import subprocess
import sys

import pytest

from tests.bot.commands import ROOT, run

LOADED = """
import sys
from bot.cli import main
try:
    main({arguments}, standalone_mode=False)
except SystemExit:
    pass
print(*(name for name in sys.modules if name.partition(".")[0] in ("mcp", "mcp_types", "pydantic", "httpx2")))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["mcp", "--help"], ["serve", "--help"], ["app", "--help"]])
def test_no_other_command_loads_the_sdk(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments=arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == ""


def test_without_the_sdk_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.mcp.find_spec", lambda _: None)

    done = run("mcp")

    assert done.exit_code == 2
    assert "install Countersign with its extra mcp" in done.stderr


def test_what_is_missing_is_said_with_the_setting() -> None:
    done = run("mcp", env=dict.fromkeys(("COUNTERSIGN_API_URL", "COUNTERSIGN_APP_ID"), ""))

    assert done.exit_code == 2
    assert "COUNTERSIGN_API_URL is not set" in done.stderr
