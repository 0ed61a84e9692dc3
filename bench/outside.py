"""A Slack and a Google on loopback that answer everything well after a set time, and count.

`python -m bench.outside SECONDS BINDINGS`: writes are answered after SECONDS, and each IAM policy begins with so
many conditional bindings of others. `GET /counts` tells how often each method was called, `GET /keys` the public
keys in the file that `BENCH_KEYS` names.
"""

import asyncio
import os
import ssl
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import uvloop

from bench.people import APP, CHANNEL, TEAM, user

_QUICK = ("users.info", "auth.test")


class Outside:
    """All state of the outside: IAM policies by resource, and how often each method was called."""

    def __init__(self, *, delay: float, bindings: int) -> None:
        self.counts: dict[str, int] = {}
        self._delay = delay
        self._bindings = bindings
        self._policies: dict[str, dict[str, Any]] = {}
        self._stamp = 0

    async def answer(self, path: str, body: bytes) -> dict[str, Any]:
        """What Slack or Google says to a call."""
        if path == "/counts":
            return self.counts
        if path == "/keys":
            published: dict[str, Any] = msgspec.json.decode(Path(os.environ["BENCH_KEYS"]).read_bytes())
            return published
        method = path.rpartition(":")[2] if ":" in path else path.rpartition("/")[2]
        self.counts[method] = self.counts.get(method, 0) + 1
        if method not in _QUICK:
            await asyncio.sleep(self._delay)
        if method in ("getIamPolicy", "setIamPolicy"):
            return self._policy(path, method, msgspec.json.decode(body))
        return self._slack(method, body)

    def _policy(self, path: str, method: str, body: dict[str, Any]) -> dict[str, Any]:
        self._stamp += 1
        if method == "setIamPolicy":
            self._policies[path.partition(":")[0]] = body["policy"] | {"etag": f"etag{self._stamp}"}
        begun = {"version": 3, "etag": "etag0", "bindings": [_foreign(n) for n in range(self._bindings)]}
        return self._policies.setdefault(path.partition(":")[0], begun)

    def _slack(self, method: str, body: bytes) -> dict[str, Any]:
        if method == "auth.test":
            return {
                "ok": True,
                "team_id": TEAM,
                "team": "Bench",
                "user_id": "U0BOT",
                "bot_id": "B0BOT",
                "app_id": APP,
            }
        if method == "users.info":
            return {"ok": True, "user": user(parse_qs(body.decode())["user"][0])}
        self._stamp += 1
        stamp = f"17000{self._stamp:05d}.000100"
        if "conversations" not in method:
            return {"ok": True, "ts": stamp, "channel": CHANNEL}
        found = {"id": CHANNEL, "name": "access", "is_ext_shared": False}
        opened = {"id": "D0DIRECT0"} if method == "conversations.open" else found
        return {"ok": True, "channel": opened, "channels": [found]}


def _foreign(number: int) -> dict[str, Any]:
    expression = f'resource.name.startsWith("projects/_/buckets/b{number:04d}")'
    return {
        "role": "roles/storage.objectViewer",
        "members": [f"user:someone{number}@example.com"],
        "condition": {"title": f"bucket {number}", "expression": expression},
    }


async def _talk(outside: Outside, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            answer = msgspec.json.encode(await outside.answer(head.split(" ")[1].partition("?")[0], body))
            ends = headers.get("connection", "") == "close"
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
                b"Content-Length: %d\r\n%s\r\n" % (len(answer), b"Connection: close\r\n" if ends else b"")
            )
            writer.write(answer)
            await writer.drain()
            if ends:
                return
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


async def _serve(delay: float, bindings: int, certificate: str | None) -> None:
    outside = Outside(delay=delay, bindings=bindings)
    tls = None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    server = await asyncio.start_server(
        lambda reader, writer: _talk(outside, reader, writer),
        "127.0.0.1",
        int(os.environ["PORT"]),
        ssl=tls,
        backlog=1024,
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None))
