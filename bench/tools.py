"""Calls of tools by the Model Context Protocol: one that passes through the proxy, and the same without it."""

import asyncio
import json
from pathlib import Path
from time import perf_counter

from mcp import Client, StdioServerParameters

from bench.figures import Figure, ratio
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, free_port, running
from bench.stock import Stock
from countersign_client.call_tokens import SigningKey, new_key, private_jwk

_ROUNDS, _CALLS = 10, 60


def measure(folder: Path) -> list[Figure]:
    """One client of each, whose calls alternate by rounds, so that both meet the same machine."""
    key, port = new_key("ES256"), free_port()
    stock = Stock(folder / "tools", more=_stanza(key))
    secret = stock.folder / "assistant.jwk"
    secret.write_text(json.dumps(private_jwk(key)))
    url, log = f"http://127.0.0.1:{port}", folder / "tools.log"
    command = [PYTHON, "-m", "bench.outside", "0.05", "0"]
    with running(command, environ={}, log=log, core=LOAD_CORE) as outside:
        environ = {
            **stock.environ(outside=outside.port),
            "COUNTERSIGN_API_URL": url,
            "COUNTERSIGN_RECEIPT_SIGNER": f"file:{stock.folder / 'receipts.jwk'}",
        }
        with running([COUNTERSIGN, "serve"], environ=environ, log=log, port=port):
            ours, bare = asyncio.run(_measured(stock.folder, url, secret))
    name = "call of a tool that passes through the proxy / without it"
    return [ratio(name, ours, bare, target=1.5, baseline="the SDK's client and server, over pipes")]


async def _measured(folder: Path, url: str, secret: Path) -> tuple[list[float], list[float]]:
    plain = [PYTHON, "-m", "bench.plain_tool"]
    told = {
        "COUNTERSIGN_API_URL": url,
        "COUNTERSIGN_APP_ID": "assistant",
        "COUNTERSIGN_APP_KEY": str(secret),
        "COUNTERSIGN_ON_BEHALF_OF": "asker@example.com",
    }
    through = ["mcp-proxy", "--name", "crm", "--state", str(folder / "state"), "--", *plain]
    proxy = StdioServerParameters(command=COUNTERSIGN, args=through, env=told)
    server = StdioServerParameters(command=plain[0], args=plain[1:])
    ours: list[float] = []
    bare: list[float] = []
    async with Client(server, cache=None) as direct, Client(proxy, cache=None) as proxied:
        for _ in range(_ROUNDS):
            bare += await _round(direct)
            ours += await _round(proxied)
    return ours[_CALLS:], bare[_CALLS:]


async def _round(client: Client) -> list[float]:
    taken = []
    for number in range(_CALLS):
        started = perf_counter()
        result = await client.session.call_tool("add", {"a": number, "b": 1})
        taken.append(perf_counter() - started)
        if result.is_error:
            raise RuntimeError(f"the tool was not called: {result.content}")
    return taken


def _stanza(key: SigningKey) -> str:
    return f"""\
applications:
  - {{id: assistant, title: Assistant, agent: true, may_assert: true, keys: [{json.dumps(key.public())}]}}
actions:
  - id: removal
    application: assistant
    title: Remove something
    tool: {{server: crm, name: "remove*"}}
    requesters: ["domain:example.com"]
    approval: [{{approvers: ["group:sre"], needed: 1}}]
"""
