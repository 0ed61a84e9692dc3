"""A Google of the sandbox's on loopback, and a bare HTTP client of it: no Google library stands between."""

import http.client
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.support.googles import PROJECT, google, google_stage, google_url

__all__ = ["PROJECT", "Client", "client", "google", "google_stage", "google_url"]


class Client:
    """Calls the sandbox as `curl` would."""

    def __init__(self, base_url: str) -> None:
        self._base = urlsplit(base_url)

    def call(
        self,
        verb: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 10,
    ) -> tuple[int, dict[str, Any]]:
        """Return the code and the JSON of the answer."""
        connection = http.client.HTTPConnection(self._base.netloc, timeout=timeout)
        sent = {"Authorization": "Bearer sandbox", **(headers or {})}
        payload = body if isinstance(body, bytes) else json.dumps(body) if body is not None else None
        try:
            connection.request(verb, f"{self._base.path}/{path}?{urlencode(query or {})}", payload, sent)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def read(self, resource: str = PROJECT, *, version: int = 3) -> dict[str, Any]:
        """Return a policy; the call has to succeed."""
        options = {"options": {"requestedPolicyVersion": version}}
        code, answer = self.call("POST", f"cloudresourcemanager/v3/{resource}:getIamPolicy", options)
        assert code == 200, answer
        return answer

    def write(self, policy: dict[str, Any], *, resource: str = PROJECT) -> tuple[int, dict[str, Any]]:
        """Send a policy and return code and answer."""
        return self.call("POST", f"cloudresourcemanager/v3/{resource}:setIamPolicy", {"policy": policy})


@pytest.fixture
def client(google_url: str) -> Client:
    return Client(google_url)
