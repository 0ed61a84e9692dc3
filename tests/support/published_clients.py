"""Clients of the Model Context Protocol that nobody here wrote, configured as docs/agents.md says.

They run in a folder of their own, with a stand-in for the model on loopback; whatever else they would call over
HTTP finds a closed port.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

NOWHERE = "http://127.0.0.1:9"
SAID = "Remove account 4711."


class Program(NamedTuple):
    """How a server is started."""

    command: Sequence[str]
    env: Mapping[str, str]


class Address(NamedTuple):
    """Where a server is called over HTTP, and by whose token."""

    url: str
    token: str


class Setting(NamedTuple):
    """Where a client runs, and with what. `own`: after so many seconds it gives a call up by itself."""

    folder: Path
    model: str
    servers: Mapping[str, Program | Address]
    own: int | None = None


class Published(NamedTuple):
    """A client: where its program lies below `node_modules`, and how it is told of a setting.

    `tell` returns what follows the program's name, and its environment. `speaks` is the first message that a
    server hears of it either way, and the revision in that.
    """

    name: str
    program: str
    tell: Callable[[Setting], tuple[Sequence[str], Mapping[str, str]]]
    speaks: tuple[str, str]

    def path(self, installed: Path) -> Path:
        """Its program. Raises `FileNotFoundError` where npm had none for this machine."""
        for found in (installed / "node_modules").glob(self.program):
            return found
        raise FileNotFoundError(f"npm had no {self.program} for this machine")


def _claude(setting: Setting) -> tuple[Sequence[str], Mapping[str, str]]:
    told = {name: _member(each) for name, each in setting.servers.items()}
    (setting.folder / ".mcp.json").write_text(json.dumps({"mcpServers": told}))
    allowed = ",".join(f"mcp__{name}" for name in setting.servers)
    environ = {
        "ANTHROPIC_BASE_URL": setting.model,
        "ANTHROPIC_API_KEY": "of a stand-in",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "MCP_TIMEOUT": "60000",
        **({"MCP_TOOL_TIMEOUT": f"{setting.own}000"} if setting.own else {}),
    }
    options = ["--strict-mcp-config", "--mcp-config", ".mcp.json", "--allowedTools", allowed]
    return ["-p", SAID, *options, "--output-format", "stream-json", "--verbose"], environ


def _member(server: Program | Address) -> dict[str, object]:
    if isinstance(server, Address):
        return {"type": "http", "url": server.url, "headers": {"Authorization": f"Bearer {server.token}"}}
    return {"command": server.command[0], "args": list(server.command[1:]), "env": dict(server.env)}


def _codex(setting: Setting) -> tuple[Sequence[str], Mapping[str, str]]:
    home = setting.folder / ".codex"
    home.mkdir()
    lines = [
        'model = "stand-in"',
        'model_provider = "loopback"',
        "check_for_update_on_startup = false",
        "analytics.enabled = false",
        "features.plugins = false",
        "[model_providers.loopback]",
        'name = "loopback"',
        f'base_url = "{setting.model}/v1"',
        'wire_api = "responses"',
        *(line for name, each in setting.servers.items() for line in _table(name, each, setting.own or 60)),
    ]
    (home / "config.toml").write_text("\n".join(lines))
    tokens = {_variable(name): each.token for name, each in setting.servers.items() if isinstance(each, Address)}
    options = ["exec", "--strict-config", "--skip-git-repo-check", "--json", SAID]
    return options, {"CODEX_HOME": str(home), **tokens}


def _table(name: str, server: Program | Address, seconds: int) -> Sequence[str]:
    common = [
        "required = true",
        'default_tools_approval_mode = "approve"',
        "startup_timeout_sec = 60",
        f"tool_timeout_sec = {seconds}",
    ]
    if isinstance(server, Address):
        own = [f"url = {json.dumps(server.url)}", f"bearer_token_env_var = {json.dumps(_variable(name))}"]
        return [f"[mcp_servers.{name}]", *own, *common]
    return [
        f"[mcp_servers.{name}]",
        f"command = {json.dumps(server.command[0])}",
        f"args = {json.dumps(list(server.command[1:]))}",
        *common,
        f"[mcp_servers.{name}.env]",
        *(f"{variable} = {json.dumps(value)}" for variable, value in server.env.items()),
    ]


def _variable(name: str) -> str:
    return f"{name.upper()}_TOKEN"


CLAUDE = Published("claude", "@anthropic-ai/claude-code-*/claude", _claude, ("server/discover", "2026-07-28"))
CODEX = Published("codex", "@openai/codex-*/vendor/*/bin/codex", _codex, ("initialize", "2025-06-18"))


@contextmanager
def running_client(client: Published, installed: Path, setting: Setting) -> Iterator["subprocess.Popen[bytes]"]:
    """Run it until the block ends. What it prints is in the folder, in `said`."""
    arguments, more = client.tell(setting)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(setting.folder),
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), NOWHERE),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1"),
        **more,
    }
    with (setting.folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [client.path(installed), *arguments],
            cwd=setting.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)


def overheard(folder: Path, who: str) -> list[dict[str, Any]]:
    """What `client` or `server` said, message by message."""
    return [json.loads(line) for line in (folder / f"wire.{who}").read_text().splitlines()]
