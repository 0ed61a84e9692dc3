"""People's programs at a running service: each call goes through the sandbox's Identity-Aware Proxy."""

import http.client
import itertools
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.iap.accounts import Account, google
from tests.support.running import Running

_fresh = itertools.count(1)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. `json` is None where it was no JSON."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any

    @property
    def code(self) -> str:
        """The problem's code; empty where it is none."""
        return str(self.json.get("code", "")) if isinstance(self.json, dict) else ""

    @property
    def field(self) -> str | None:
        return self.json["errors"][0]["field"] if self.json.get("errors") else None


class Caller:
    """One person's program. Each has an account of its own, so that no test uses up another's pace."""

    def __init__(self, office: Running, who: str | Account) -> None:
        assert office.box.iap is not None
        account = google(who) if isinstance(who, str) else who
        gate = office.box.iap.gate
        self._office = office
        self._cookie = gate.sign_in(msgspec.structs.replace(account, sub=f"{account.sub}{next(_fresh)}"))
        self._url = gate.url

    def get(self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> Said:
        return self._call(method, path, dict(headers or {}), b"")

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        method: str = "POST",
        key: str | None = "",
        headers: Mapping[str, str | None] | None = None,
    ) -> Said:
        """Send JSON, under a key of its own unless one is given; a header that is None is left out.

        Bytes are sent as they are.
        """
        named = f'"k-{next(_fresh)}"' if key == "" else key
        given = {"Content-Type": "application/json", "Idempotency-Key": named, **(headers or {})}
        sent = {name: value for name, value in given.items() if value is not None}
        octets = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
        return self._call(method, path, sent, octets)

    def ask(self, what: str = "admin", why: str = "INC-1 disk full", time: str = "1h") -> str:
        """File a request; return its id."""
        said = self.post("/v1/requests", {"entitlement": what, "duration": time, "justification": why})
        assert said.status == 201, said
        return str(said.json["id"])

    def shown(self, request_id: str) -> dict[str, Any]:
        """What a decision has to say of the request that it was shown."""
        said = self.get(f"/v1/requests/{request_id}")
        assert said.status == 200, said
        return {"revision": said.json["revision"], "digest": said.json["digest"]}

    def decide(self, request_id: str, what: str = "approve", **typed: Any) -> Said:
        return self.post(f"/v1/requests/{request_id}/{what}", self.shown(request_id) | typed)

    def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Said:
        connection = http.client.HTTPConnection(self._url.removeprefix("http://"), timeout=60)
        try:
            connection.request(method, path, body=body, headers={**self._cookie, **headers})
            response = connection.getresponse()
            said = {name.lower(): value for name, value in response.getheaders()}
            octets = response.read()
            is_json = "json" in said.get("content-type", "")
            return Said(
                status=response.status,
                headers=said,
                body=octets,
                json=json.loads(octets) if is_json and octets else None,
            )
        finally:
            connection.close()
