"""The applications' doors over the world of the core, without a server: a call goes in as ASGI has it."""

import asyncio
import json
import logging
import secrets
from collections.abc import Mapping
from copy import copy
from typing import Any, Self, cast

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from approvals.policy.model import Action, Guardrail, Parameter, Policy, Then
from approvals.policy.parties import Application, Brings
from approvals.requests import Request
from countersign_client.calls import Response
from countersign_client.jwks import public_jwk
from handlers.applications.opened import Applications
from handlers.applications.settings import ApplicationSettings
from handlers.channel import Door, Equipment
from handlers.seldom import Seldom
from tests.support.applications import URL, App, body_hash
from tests.support.refunds import APPROVED_BY_ONE, REFUND, with_actions
from tests.support.world import ALICE, World

STAFF = "https://login.example.com"
AUDIENCE = "shop-web"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, and how many times the body was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any
    reads: int

    @property
    def code(self) -> str:
        """The problem's code; empty where it is none."""
        return str(self.json.get("code", ""))

    @property
    def fields(self) -> list[str]:
        """The members that are to blame."""
        return [each["field"] for each in self.json.get("errors", ())]


class Staff:
    """An issuer of OpenID Connect. `fetch` is what a call to it is answered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._key = ec.generate_private_key(ec.SECP256R1())

    def fetch(self, method: str, url: str, **_: Any) -> Response:
        keys = {"keys": [public_jwk(self._key.public_key()) | {"kid": "staff", "use": "sig"}]}
        told = keys if url == f"{STAFF}/keys" else {"issuer": STAFF, "jwks_uri": f"{STAFF}/keys"}
        return Response(200, {"content-type": "application/json"}, json.dumps(told).encode())

    def token(self, who: str = ALICE, **changes: Any) -> str:
        now = int(self._world.clock().timestamp())
        claims = {
            "iss": STAFF,
            "aud": AUDIENCE,
            "sub": who,
            "iat": now,
            "exp": now + 3600,
            "email": who,
            "email_verified": True,
            "jti": secrets.token_hex(8),
        }
        said = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return jwt.encode(said, self._key, algorithm="ES256", headers={"kid": "staff"})


class Counter:
    """An application's program at the doors. Each call is signed for itself, unless it brings its own headers."""

    def __init__(self, world: World, *, changes: Mapping[str, Any] | None = None) -> None:
        self.world = world
        self.app = App("shop", now=world.clock)
        self.other = App("store", now=world.clock)
        self.staff = Staff(world)
        world.policy = listed(world.policy, self.app, self.other, **(changes or {}))
        self._open()

    def _open(self) -> None:
        """Be an instance of the service."""
        world, outside = self.world, {"fetch": self.staff.fetch}
        parts = {
            "send": None,
            "upgraded": None,
            "outside": msgspec.defstruct("Outside", [("fetch", Any)])(**outside),
            "memory": world.store,
            "policy": lambda: world.policy,
            "clock": world.clock,
            "seldom": Seldom(logging.getLogger("countersign")),
            "pages_url": "https://pages.example.com",
        }
        self._opened = Applications(ApplicationSettings(url=URL), Equipment(**cast("Any", parts)))
        # One channel among those of the world, so that nobody's account is foreign.
        self._door = self._opened.serve(world.uses, cast("Any", None)).doors["/v1/"]
        self.opened = self._opened

    def beside(self) -> Self:
        """The same program at another instance of the service, over the same store."""
        other = copy(self)
        other._open()
        return other

    def close(self) -> None:
        self._opened.close()

    # --- calls

    def get(self, target: str, *, by: App | None = None) -> Said:
        return self.call("GET", target, by=by)

    def post(
        self, target: str, body: Any, *, key: str | None = None, by: App | None = None, method: str = "POST"
    ) -> Said:
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.call(method, target, octets, key=key or f"k-{secrets.token_hex(8)}", by=by)

    def call(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        key: str | None = None,
        by: App | None = None,
        headers: list[tuple[bytes, bytes]] | None = None,
        pieces: list[bytes] | None = None,
    ) -> Said:
        signed = self.signed(method, target, body, key=key, by=by) if headers is None else headers
        return asyncio.run(called(self._door, method, target, signed, pieces or [body]))

    def signed(
        self, method: str, target: str, body: bytes, *, key: str | None, by: App | None = None, jti: str = ""
    ) -> list[tuple[bytes, bytes]]:
        """The headers of a call."""
        jti = jti or f"jti-{secrets.token_hex(12)}"
        claims = {"htm": method, "htu": f"{URL}{target}", "bsh": body_hash(body), "ik": key, "jti": jti}
        headers = [(b"authorization", f"Bearer {(by or self.app).token(**claims)}".encode())]
        headers += [(b"idempotency-key", key.encode())] if key is not None else []
        return headers + ([(b"content-type", b"application/json")] if body else [])

    # --- what applications do

    def wanted(self, **changes: Any) -> dict[str, Any]:
        """The body of a call that asks for a refund."""
        good = {
            "action": "refund",
            "parameters": {"amount": {"amount": "250", "currency": "EUR"}, "order": "A-17", "card": "No. 4111"},
            "on_behalf_of": {"token": self.staff.token()},
            "key": "order/A-17",
            "data": {"channel": "phone"},
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def same(self, **changes: Any) -> dict[str, Any]:
        """What a use of that has to say."""
        wanted = self.wanted(**changes)
        return {name: wanted[name] for name in ("parameters", "key", "data") if name in wanted}

    def ask(self, **changes: Any) -> str:
        said = self.post("/v1/requests", self.wanted(**changes))
        assert said.status == 201, said
        return str(said.json["id"])

    def signed_in(self, nonce: str) -> dict[str, Any]:
        """A person who has just signed in as was demanded."""
        now = int(self.world.clock().timestamp())
        return {"token": self.staff.token(nonce=nonce, acr="phr", auth_time=now)}

    def judged(self, then: Then, *, when: str = "true", **says: Any) -> None:
        """Let the refund have one guardrail from now on."""
        actions = dict(self.world.policy.actions)
        guardrail = Guardrail(when=when, then=then, **says)
        actions["refund"] = msgspec.structs.replace(actions["refund"], guardrails=(guardrail,))
        self.world.policy = msgspec.structs.replace(self.world.policy, actions=actions)

    def read(self, request_id: str) -> Request:
        return self.world.store.request(request_id)

    def approved(self, **changes: Any) -> str:
        """A refund that somebody has approved."""
        request_id = self.ask(**changes)
        self.world.press("bob@example.com", self.read(request_id))
        return request_id

    def consume(self, request_id: str, *, named: str | None = None, by: App | None = None, **changes: Any) -> Said:
        """Use it, by a call of that name."""
        return self.post(f"/v1/requests/{request_id}/consume", self.same(**changes), key=named, by=by)


def listed(rules: Policy, app: App, other: App, **changes: Any) -> Policy:
    """A policy with two shops that call, of which the first has an action of each kind."""
    brings = (Brings(issuer="staff", audience=(AUDIENCE,)),)
    close = Action(
        id="close",
        application="shop",
        title="Close the books",
        parameters=(Parameter(name="note", label="Note", type="string", required=False),),
        requesters=("domain:example.com",),
        requirement=msgspec.structs.replace(
            APPROVED_BY_ONE,
            stages=tuple(msgspec.structs.replace(each, sign="typed") for each in APPROVED_BY_ONE.stages),
        ),
        pending=REFUND.pending,
    )
    made = with_actions(rules)
    shops = {
        "shop": Application(id="shop", title="The shop", keys=(app.jwk,), brings=brings),
        "store": Application(id="store", title="The other", keys=(other.jwk,), brings=brings, may_assert=True),
    }
    issuers = {"staff": msgspec.structs.replace(made.issuers["staff"], domains=("example.com",))}
    own = {"applications": shops, "actions": {**made.actions, "close": close}, "issuers": issuers}
    return msgspec.structs.replace(made, **(own | changes))


async def called(
    door: Door, method: str, target: str, headers: list[tuple[bytes, bytes]], pieces: list[bytes]
) -> Said:
    """Call as a server would."""
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
        if not left:
            await asyncio.Event().wait()  # nobody hangs up
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Any) -> None:
        sent.append(message)

    await door(scope, receive, send)
    octets = b"".join(message.get("body", b"") for message in sent[1:])
    return Said(
        status=sent[0]["status"],
        headers={name.decode(): value.decode() for name, value in sent[0]["headers"]},
        body=octets,
        json=json.loads(octets) if octets else None,
        reads=len(pieces) - len(left),
    )
