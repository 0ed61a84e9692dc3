"""Services that say what a test wants to applications, and both clients called alike."""

import asyncio
import base64
import json
from collections.abc import Mapping
from typing import Any

from countersign_client.applications import Application, AsyncApplication

JSON = {"content-type": "application/json"}
PROBLEM = {"content-type": "application/problem+json"}
ID = "r-0123456789"
ASKED = {"action": "refund", "on_behalf_of": "a.token.x", "order": "A-17"}

Answer = tuple[int, Mapping[str, str], Any]


class Mark:
    """Signs nothing: it notes what it was asked to sign."""

    kid, algorithm = "k1", "ES256"

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []

    def sign(self, signed: bytes) -> bytes:
        part = signed.partition(b".")[2]
        self.made.append(json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))))
        return str(len(self.made)).encode()


class Both:
    """Calls a method of either client, and waits for it."""

    def __init__(self, kind: str, url: str, *, application: str = "payments", **options: Any) -> None:
        self.kind, self.mark = kind, Mark()
        made = Application if kind == "sync" else AsyncApplication
        self.client: Any = made(url, application, self.mark, **options)

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            came = getattr(self.client, name)(*args, **kwargs)
            return came if isinstance(self.client, Application) else asyncio.run(came)

        return call


def request(state: str = "pending", **more: Any) -> Answer:
    """A request as the service tells it."""
    said = {"id": ID, "state": state, "page": f"https://pages.example.com/requests/{ID}", "action": "refund"}
    return 200, JSON, {**said, "digest": "sha256:0", "version": 1, "revision": 1, **more}


def problem(status: int, code: str, headers: Mapping[str, str] = {}, **more: Any) -> Answer:
    return status, {**PROBLEM, **headers}, {"code": code, "detail": f"It is {code}.", **more}
