"""What docs/agents.md says of the settings, of clients' configurations and of the tools."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from approvals.policy.lint import lint
from approvals.policy.load import load
from countersign_client.errors import Unusable
from countersign_client.mcp import environment
from countersign_client.mcp.offered import TOOLS
from tests.bot.commands import ROOT

PAGE = (ROOT / "docs" / "agents.md").read_text()
SETTINGS = {value for value in vars(environment).values() if str(value).startswith("COUNTERSIGN_")}


def block(language: str, holding: str) -> str:
    """The block of the page that has this in it."""
    (found,) = (each for each in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if holding in each)
    return str(found)


def test_the_page_has_every_setting_and_no_other() -> None:
    assert set(re.findall(r"^\| `(COUNTERSIGN_\w+)` \|", PAGE, re.MULTILINE)) == SETTINGS


def test_the_page_has_every_tool_and_no_other() -> None:
    named = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)

    assert [each for each in named if not each.startswith("COUNTERSIGN_")] == [tool.name for tool in TOOLS]


def configured() -> dict[str, dict[str, Any]]:
    return {
        "Claude Code": json.loads(block("json", '"args": ["mcp"]'))["mcpServers"]["countersign"],
        "Codex": tomllib.loads(block("toml", 'args = ["mcp"]'))["mcp_servers"]["countersign"],
    }


@pytest.mark.parametrize("client", configured())
def test_each_client_is_configured_with_what_there_is(client: str, tmp_path: Path) -> None:
    found = configured()[client]
    key = tmp_path / "key"
    environ = found["env"] | {"COUNTERSIGN_APP_KEY": str(key)}

    assert [found["command"], *found["args"]] == ["countersign", "mcp"]
    assert set(found["env"]) <= SETTINGS
    with pytest.raises(Unusable, match=f"COUNTERSIGN_APP_KEY: {key} cannot be read"):
        environment.read(environ, http=False)


def test_the_policy_of_the_page_is_sound() -> None:
    text = block("yaml", "agent: true")

    assert lint(text, source="docs/agents.md") == ()
    assert load(text, source="docs/agents.md").actions["crm-delete"].tool is not None
