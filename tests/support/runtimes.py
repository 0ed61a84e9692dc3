"""Where agents run: their key, their people, and `countersign mcp` either way, before a running service."""

import json
import os
import re
import socket
import sys
import threading

from mcp import Client, StdioServerParameters

from countersign_client.call_tokens import SigningKey, private_jwk
from demo.ports import free_port
from tests.bot.commands import ROOT, process
from tests.support.mcp_clients import client
from tests.support.relay import Relay
from tests.support.running import POLICY, Running
from tests.support.shown import words

REQUEST = re.compile(r"r-[0-9a-z]{10}")
AUDIENCE = "assistant"


def policy(issuer: str, key: SigningKey) -> str:
    return f"""{POLICY}
issuers:
  - {{id: shop, issuer: {issuer}, domains: [example.com]}}
applications:
  - id: assistant
    title: Coding assistant
    agent: true
    keys: [{json.dumps(key.public())}]
    brings: [{{issuer: shop, audience: {AUDIENCE}}}]
actions:
  - id: crm-delete
    application: assistant
    title: Delete an account in the CRM
    tool: {{server: crm, name: "delete_*"}}
    requesters: ["domain:example.com"]
    approval:
      - {{approvers: ["user:bob@example.com", "user:carol@example.com"], needed: 1}}
"""


class Runtime:
    """Where an agent runs: its key, its people's tokens, and a relay before the service."""

    def __init__(self, office: Running, key: SigningKey, between: Relay) -> None:
        self.office, self.between = office, between
        self.folder = office.folder
        (self.folder / "assistant.jwk").write_text(json.dumps(private_jwk(key)))

    def token(self, who: str = "alice") -> str:
        person = self.office.box.slack.state.person(who)
        return self.office.box.oidc.issuer.id_token(person, client=AUDIENCE)

    def environ(self, who: str = "alice") -> dict[str, str]:
        """What one person's program is told."""
        token = self.folder / f"{who}.token"
        token.write_text(self.token(who))
        return self.own() | {"COUNTERSIGN_ON_BEHALF_TOKEN": str(token)}

    def own(self) -> dict[str, str]:
        return {
            "COUNTERSIGN_API_URL": self.between.url,
            "COUNTERSIGN_APP_ID": "assistant",
            "COUNTERSIGN_APP_KEY": str(self.folder / "assistant.jwk"),
        }

    def program(self, mode: str, *, who: str = "alice", tasks: bool = False) -> Client:
        """A client that starts `countersign mcp` for one person."""
        started = StdioServerParameters(
            command=sys.executable,
            args=["-m", "bot", "mcp"],
            env={"PATH": os.environ["PATH"], **self.environ(who)},
            cwd=ROOT,
        )
        return client(started, mode, tasks=tasks)

    def approve(self, account: str, button: str = "approve") -> str:
        """Wait for the card about an account, and press Bob's button."""

        def filed() -> list[str]:
            seen = [words(each) for each in self.office.box.slack.messages("#access")]
            return [found[0] for text in seen if account in text and (found := REQUEST.search(text))]

        request = self.office.until(filed)[0]
        outcome = self.office.press("bob", button, request)
        assert outcome.ok, outcome
        return request

    def meanwhile(self, account: str) -> threading.Thread:
        """Bob, who approves as soon as he sees the card."""
        thread = threading.Thread(target=self.approve, args=(account,), daemon=True)
        thread.start()
        return thread

    def known(self) -> set[str]:
        """Every request that people were told of."""
        return {each for m in self.office.box.slack.messages("#access") for each in REQUEST.findall(words(m))}

    def uses(self, request: str) -> int:
        """How often a request was used, by its chain."""
        entries = self.office.service.store.entries(request)
        return [each.action for each in entries].count("request.used")


class Front:
    """`countersign mcp --http`, as a process that can be stopped and started."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}/mcp"
        self.start()

    def start(self) -> None:
        environ = self._runtime.own() | {
            "COUNTERSIGN_MCP_URL": "https://agents.example.com/mcp",
            "COUNTERSIGN_MCP_ISSUER": self._runtime.office.box.oidc_url,
        }
        self._process = process("mcp", "--http", str(self._port), env=environ)
        self._runtime.office.until(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def stop(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=60)
