"""The doors of the applications' API over a policy, without a server: a call goes in as ASGI has it."""

import asyncio
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest

from approvals.policy.model import Action, Application, Parameter, Policy, Requirement, Stage
from handlers.applications.looking import Looking
from handlers.applications.site import Site
from handlers.channel import Equipment
from handlers.identity.application import Callers
from handlers.seldom import Seldom
from tests.support.applications import URL, App, body_hash
from tests.support.assertions import KeyPage
from tests.support.builders import NOW
from tests.support.world import policy


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, and how many times the body was asked for."""

    status: int
    headers: dict[str, str]
    json: Any
    reads: int

    @property
    def code(self) -> str:
        return str(self.json.get("code", ""))


class Doors:
    """`call` goes through the doors. Each is signed for itself, unless it brings its own headers."""

    def __init__(self, site: Site, app: App) -> None:
        self._site, self.app = site, app

    def call(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        key: str | None = None,
        headers: list[tuple[bytes, bytes]] | None = None,
        pieces: list[bytes] | None = None,
    ) -> Said:
        token = self.app.token(htm=method, htu=f"{URL}{target}", bsh=body_hash(body), ik=key)
        signed = [(b"authorization", f"Bearer {token}".encode())]
        signed += [(b"idempotency-key", key.encode())] if key is not None else []
        return asyncio.run(self._call(method, target, signed if headers is None else headers, pieces or [body]))

    async def _call(
        self, method: str, target: str, headers: list[tuple[bytes, bytes]], pieces: list[bytes]
    ) -> Said:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": headers,
        }
        left, sent = list(pieces), list[dict[str, Any]]()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._site(scope, receive, send)
        octets = b"".join(message.get("body", b"") for message in sent[1:])
        return Said(
            status=sent[0]["status"],
            headers={name.decode(): value.decode() for name, value in sent[0]["headers"]},
            json=json.loads(octets) if octets else None,
            reads=len(pieces) - len(left),
        )


def listed(app: App) -> Policy:
    """A policy with two applications, of which `app` has an action of each kind."""
    stage = Stage(approvers=("user:bob@example.com",))
    actions = {
        "refund": Action(
            id="refund",
            application="payments",
            title="Pay a refund",
            parameters=(
                Parameter(name="amount", label="Amount", type="money"),
                Parameter(name="note", label="Note", type="string", required=False),
            ),
            requesters=("domain:example.com",),
            requirement=Requirement(kind="stages", stages=(stage,)),
            risk="Money leaves the house.",
            pending=timedelta(minutes=60),
        ),
        "close": Action(
            id="close",
            application="payments",
            title="Close the books",
            parameters=(),
            requesters=("domain:example.com",),
            requirement=Requirement(kind="stages", stages=(msgspec.structs.replace(stage, sign="typed"),)),
            pending=timedelta(minutes=30),
            use_by=timedelta(minutes=5),
        ),
        "wipe": Action(
            id="wipe",
            application="other",
            title="Wipe",
            parameters=(),
            requesters=("domain:example.com",),
            requirement=Requirement(kind="stages", stages=(stage,)),
            pending=timedelta(minutes=30),
        ),
    }
    applications = {
        "payments": Application(id="payments", title="Payments", keys=(app.jwk,)),
        "other": Application(id="other", title="Other"),
    }
    return msgspec.structs.replace(policy(), applications=applications, actions=actions)


@pytest.fixture
def doors() -> Iterator[Doors]:
    app = App()
    in_force = listed(app)
    seldom = Seldom(logging.getLogger("countersign"))
    parts = {"send": KeyPage().send, "policy": lambda: in_force, "clock": lambda: NOW, "seldom": seldom}
    # Nothing here asks for what stands outside.
    equipment = Equipment(**cast("Any", {**parts, "upgraded": None, "outside": None, "memory": None}))
    with ThreadPoolExecutor(2) as pool:
        callers = Callers(url=URL, **cast("Any", parts))
        yield Doors(Site(callers, Looking(equipment), equipment=equipment, executor=pool), app)
