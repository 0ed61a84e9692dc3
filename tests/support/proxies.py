"""The program `countersign mcp-proxy` before an upstream that behaves as it is told, and whoever calls it."""

import json
import multiprocessing
import multiprocessing.context
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from countersign_client.call_tokens import SigningKey, new_key, private_jwk
from tests.bot.commands import ROOT
from tests.support.relay import Relay, relay
from tests.support.running import POLICY, Running, running

PROGRAM = str(Path(__file__).parent / "upstream_program.py")
NOWHERE = "http://127.0.0.1:9/oidc"
"""Stands in the policy until the sandbox says where it is."""

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["bot.cli.mcp_proxy", "countersign_client.mcp.proxy.serving", "tests.support.proxies"]
)
_LOG = os.O_WRONLY | os.O_APPEND | os.O_CREAT

SPARED = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV")


def policy(issuer: str, key: SigningKey, *, window: str = "") -> str:
    """A policy in which each removal needs Bob, and what is slow nobody: an agent may have that alone.

    `window` is the line that offers several removals by one approval.
    """
    return f"""{POLICY}
issuers:
  - {{id: shop, issuer: "{issuer}", domains: [example.com]}}
applications:
  - id: assistant
    title: Coding assistant
    agent: true
    brings: [{{issuer: shop, audience: assistant}}]
    keys: [{json.dumps(key.public())}]
actions:
  - id: removal
    application: assistant
    title: Remove something
    tool: {{server: crm, name: "remove*"}}
    requesters: ["domain:example.com"]
    approval: [{{approvers: ["user:bob@example.com", "user:carol@example.com"], needed: 1}}]
{window}  - id: slow
    application: assistant
    title: Take a while
    agents: true
    tool: {{server: crm, name: "slow"}}
    requesters: ["domain:example.com"]
    approval: auto
"""


@contextmanager
def open_agents(folder: Path, *, window: str = "") -> Iterator["Agents"]:
    """Run the service until the block ends. `window`: as in its policy."""
    key = new_key("ES256")
    with (
        relay() as between,
        running(
            folder, policy=policy(NOWHERE, key, window=window), environ={"COUNTERSIGN_API_URL": between.url}
        ) as office,
    ):
        office.policy_file.write_text(policy(office.box.oidc_url, key, window=window))
        office.restart()
        between.to = office.url
        yield Agents(office, key, between)


class Agents:
    """The agent's side of a running service, and what stands between the two."""

    def __init__(self, office: Running, key: SigningKey, between: Relay) -> None:
        self.office, self.key, self.between = office, key, between

    def environment(self, folder: Path) -> dict[str, str]:
        """What a program in this folder is told, which is Alice's."""
        person = self.office.box.slack.state.person("alice")
        token = self.office.box.oidc.issuer.id_token(person, client="assistant")
        return environment(folder, self.between.url, self.key, token)


def environment(folder: Path, url: str, key: SigningKey, token: str) -> dict[str, str]:
    """What the program is told: who it is, and on whose behalf."""
    file, brought = folder / "assistant.jwk", folder / "alice.token"
    file.write_text(json.dumps(private_jwk(key)))
    brought.write_text(token)
    return {
        **{name: os.environ[name] for name in SPARED if name in os.environ},
        "COUNTERSIGN_API_URL": url,
        "COUNTERSIGN_APP_ID": "assistant",
        "COUNTERSIGN_APP_KEY": str(file),
        "COUNTERSIGN_ON_BEHALF_TOKEN": str(brought),
    }


class Proxy:
    """One run of the program, in a session of the older kind."""

    def __init__(self, folder: Path, environ: Mapping[str, str], *options: str) -> None:
        self.ledger = folder / "ledger"
        self._folder = folder
        made = [sys.executable, "-S", "-E", PROGRAM, str(self.ledger)]
        self._start(
            ["mcp-proxy", "--name", "crm", "--state", str(folder / "state"), *options, "--", *made], environ
        )
        self._last = 0
        self._introduce()

    def _introduce(self) -> None:
        client = {"name": "t", "version": "1"}
        self.ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
        self.say({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def _start(self, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", *arguments],
                cwd=ROOT,
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self._kill: Callable[[], None] = process.kill
        self._wait: Callable[[float], int | None] = process.wait

    def say(self, message: Mapping[str, Any] | bytes) -> None:
        """Write a line."""
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self._in.write(line + b"\n")
        self._in.flush()

    def begin(self, method: str, **params: Any) -> int:
        """Ask something, and do not wait."""
        self._last += 1
        self.say({"jsonrpc": "2.0", "id": self._last, "method": method, "params": params})
        return self._last

    def answer(self, number: int) -> dict[str, Any]:
        """Wait for an answer. Raises `EOFError` where the program has ended."""
        for line in self._out:
            message: dict[str, Any] = json.loads(line)
            if message.get("id") == number:
                return message
        raise EOFError(self.log())

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask, and wait."""
        return self.answer(self.begin(method, **params))

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool, and return its result."""
        result: dict[str, Any] = self.ask("tools/call", name=name, arguments=arguments)["result"]
        return result

    def kill(self) -> list[dict[str, Any]]:
        """End it at once, and return what it had said by then."""
        self._kill()
        said = [json.loads(line) for line in self._out if line.endswith(b"\n")]
        self._end()
        return said

    def close(self) -> int | None:
        """End it as a client does."""
        self._in.close()
        return self._end()

    def ran(self) -> list[list[Any]]:
        """What the upstream ran."""
        return [json.loads(line) for line in self.ledger.read_text().splitlines()] if self.ledger.exists() else []

    def log(self) -> str:
        """What it told its operator."""
        return (self._folder / "log").read_text()

    def _end(self) -> int | None:
        code = self._wait(60)
        for each in (self._in, self._out):
            with suppress(BrokenPipeError):
                each.close()
        return code


class Forked(Proxy):
    """The same program, as a child of one that has read its modules already: it starts in an instant."""

    def _start(self, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
        pipes = [self._folder / name for name in ("in", "out")]
        for pipe in pipes:
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe)
        places = [*map(str, pipes), str(self._folder / "log")]
        process = _FORKS.Process(target=_forked, args=(places, list(arguments), dict(environ)))
        process.start()
        self._in, self._out = pipes[0].open("wb"), pipes[1].open("rb")
        self._kill, self._wait = process.kill, partial(_ended, process)


def _ended(process: multiprocessing.context.ForkServerProcess, seconds: float) -> int | None:
    process.join(seconds)
    return process.exitcode


def _forked(places: Sequence[str], arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    for number, (place, how) in enumerate(zip(places, (os.O_RDONLY, os.O_WRONLY, _LOG), strict=True)):
        opened = os.open(place, how, 0o600)
        os.dup2(opened, number)
    os.environ.clear()
    os.environ.update(environ)
    from bot.cli import main  # noqa: PLC0415 - in the child alone

    main(list(arguments))
