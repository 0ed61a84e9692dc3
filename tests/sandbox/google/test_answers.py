"""The sandbox's Google answers nothing that Google could not have sent: its own mistakes fail loudly."""

from typing import Any

import pytest

from sandbox.google import Google, handlers
from sandbox.google.arguments import Arguments
from tests.sandbox.google.conftest import Client
from tests.support.googles import PROJECT

READ = "cloudresourcemanager.v3.projects.getIamPolicy"
DESCRIBE = "cloudresourcemanager.v3.projects.get"
ACCESS = "secretmanager.v1.projects.secrets.versions.access"
PATHS = {
    READ: ("POST", f"cloudresourcemanager/v3/{PROJECT}:getIamPolicy"),
    DESCRIBE: ("GET", f"cloudresourcemanager/v3/{PROJECT}"),
    ACCESS: ("GET", f"secretmanager/v1/{PROJECT}/secrets/key/versions/1:access"),
}


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        (READ, {"bindings": [{"role": "roles/browser", "member": "user:alice@example.com"}]}),
        (READ, {"bindings": [{"role": "roles/browser", "members": "user:alice@example.com"}]}),
        (READ, {"bindings": [{"role": 1, "members": []}]}),
        (READ, {"bindings": {}}),
        (READ, {"version": "3"}),
        (READ, {"version": 2**31}),
        (READ, {"etag": "*"}),
        (READ, {"auditConfigs": [{"service": "all", "auditLogConfigs": [{"logType": "SOME"}]}]}),
        (READ, {"policy": {}}),
        (DESCRIBE, {"state": "GONE"}),
        (DESCRIBE, {"createTime": "yesterday"}),
        (DESCRIBE, {"labels": {"team": 1}}),
        (DESCRIBE, {"projectNumber": "300"}),  # as version 1 calls it
        (ACCESS, {"payload": {"data": "key", "dataCrc32c": 1}}),
        (ACCESS, {"payload": {"data": "not base64"}}),
    ],
)
def test_an_answer_that_is_not_googles_is_never_given(
    client: Client, google: Google, monkeypatch: pytest.MonkeyPatch, method: str, answer: dict[str, Any]
) -> None:
    def mistaken(_: Google, __: Arguments) -> dict[str, Any]:
        return answer

    monkeypatch.setitem(handlers._HANDLERS, method, mistaken)
    with pytest.raises(ValueError, match="Expecting value"):  # 500 in plain words, not in Google's JSON
        client.call(*PATHS[method], body={} if PATHS[method][0] == "POST" else None)
    assert google.calls() == []


def test_the_same_methods_answer_by_themselves(client: Client, google: Google) -> None:
    google.secrets.create(f"{PROJECT}/secrets/key")
    google.secrets.add(f"{PROJECT}/secrets/key", {"data": "a2V5"}, created="2026-01-01T00:00:00Z")
    for verb, path in PATHS.values():
        assert client.call(verb, path, {} if verb == "POST" else None)[0] == 200
