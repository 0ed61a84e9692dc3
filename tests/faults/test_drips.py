"""Others answer in drops: whoever calls Slack or Google, and at whatever step, ends at the call's deadline."""

import json
import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.transport import requests as transport
from google.oauth2.credentials import Credentials

from approvals.backends import calls, google_credentials
from approvals.backends.audit_logs import GoogleAuditLogs
from approvals.backends.catalogs.asset_inventory import AssetInventory
from approvals.backends.directories.cloud_identity import CloudIdentity
from approvals.backends.directories.workspace_users import WorkspaceUsers
from approvals.backends.fetching import Fetcher
from approvals.backends.google_rest import Rest
from approvals.backends.granters.google_groups import GoogleGroups
from approvals.backends.granters.google_iam import GoogleIam
from approvals.backends.secrets import StoredSecret
from approvals.backends.signers import iam, published, secret
from approvals.backends.signers.iam import IamSigner
from approvals.backends.signers.purposes import TOKENS
from approvals.backends.signers.secret import SecretSigner
from approvals.backends.topics import Topic
from approvals.policy.parties import Issuer
from approvals.ports.announcers import Message
from approvals.ports.targets import Snapshot
from approvals.refusals.errors import CountersignError
from handlers.identity import keys
from handlers.identity.issuers import Issuers
from handlers.identity.keys import KeySets, PublishedKeys
from handlers.slack import socket_connection
from handlers.slack.client import SlackApi
from tests.support.doubles import Clock
from tests.support.drips import STEPS, Step, dripping

LIMIT = 0.5
SOON = 30.0
"""Far more than any limit here, far less than the drops go on for."""

EMAIL = "signer@demo-prod.iam.gserviceaccount.com"
ETAG = Snapshot(resource="projects/x", etag="e", bindings=(), raw={"etag": "e"})


def slack(url: str) -> SlackApi:
    return SlackApi(token="xoxb-1", send=calls.send, base_url=url)


CLIENTS: dict[str, Callable[[str], object]] = {
    "form": lambda url: slack(url).form("users.info", timeout=LIMIT, user="U0BOB"),
    "json": lambda url: slack(url).json("views.open", timeout=LIMIT, view={}),
    "read": lambda url: GoogleIam(base_url=url).read("projects/x", timeout=LIMIT, reason="look"),
    "write": lambda url: GoogleIam(base_url=url).write(ETAG, remove=(), add=(), timeout=LIMIT, reason="look"),
    "group": lambda url: CloudIdentity(base_url=url).is_member("g@example.com", "bob@example.com", timeout=LIMIT),
    "secret": lambda url: SecretSigner(
        "projects/p/secrets/s/versions/1", purpose=TOKENS, issuer=str, base_url=url
    ).check(),
    "sign": lambda url: IamSigner(EMAIL, base_url=url)._signed("{}"),
    "keys": lambda url: published.published(EMAIL, base_url=url),
}

OTHERS: dict[str, Callable[[str], object]] = {
    "topic": lambda url: Topic("projects/p/topics/t", base_url=url).publish([Message(data=b"{}")], timeout=LIMIT),
    "audit logs": lambda url: GoogleAuditLogs(base_url=url).lets_in("projects/p", timeout=LIMIT),
    "inventory": lambda url: AssetInventory(base_url=url).listing("projects/p", query="", timeout=LIMIT),
    "projects below": lambda url: AssetInventory(base_url=url).below("folders/1", most=9, timeout=LIMIT),
    "members": lambda url: CloudIdentity(base_url=url).members("g@example.com", most=9, timeout=LIMIT),
    "membership": lambda url: GoogleGroups(base_url=url).read(
        "groups/g@example.com", timeout=LIMIT, reason="look"
    ),
    "users": lambda url: WorkspaceUsers(base_url=url).left_at("bob@example.com", timeout=LIMIT),
    "secret": lambda url: StoredSecret("projects/p/secrets/s/versions/1", base_url=url).read(timeout=LIMIT),
    "keys of sweeps": lambda url: PublishedKeys(url, send=calls.send, clock=Clock()).require(),
    "keys of signals": lambda url: KeySets(Fetcher(sandbox=True), Clock(), most=2).of(url).require(),
    "keys of an issuer": lambda url: Issuers(Fetcher(sandbox=True), clock=Clock()).find(
        Issuer(id="there", issuer=url), "1"
    ),
}
"""Whose calls go the same ways: that each of them hands on the whole of its limit is tried at two steps."""


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Google's libraries are there: to load them takes longer than any limit here."""
    Rest("cloudresourcemanager", "v3", base_url="http://127.0.0.1:9")
    monkeypatch.setattr(published, "_TIMEOUT", LIMIT)
    monkeypatch.setattr(secret, "_READING", LIMIT)
    monkeypatch.setattr(iam, "_SIGNING", LIMIT)
    monkeypatch.setattr(keys, "PATIENCE", LIMIT)


def ends_in_time(call: Callable[[], object]) -> None:
    began = time.monotonic()
    with pytest.raises((CountersignError, TimeoutError)):
        call()
    assert time.monotonic() - began < SOON


@pytest.mark.parametrize("step", [step for step in STEPS if step != "reading"])
@pytest.mark.parametrize("client", CLIENTS)
def test_every_call_ends_at_its_deadline(client: str, step: Step) -> None:
    with dripping(step) as server:
        assert server.is_asked_once_by(lambda: ends_in_time(lambda: CLIENTS[client](server.url)))


@pytest.mark.parametrize("step", ["headers", "body"])
@pytest.mark.parametrize("client", OTHERS)
def test_whoever_else_is_asked_has_no_longer(client: str, step: Step) -> None:
    with dripping(step) as server:
        assert server.is_asked_once_by(lambda: ends_in_time(lambda: OTHERS[client](server.url)))


@pytest.mark.parametrize("step", ["status", "headers", "body", "flood"])
def test_a_token_that_comes_in_drops_ends_with_the_call_that_needs_it(
    step: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dripping(step) as server:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(_key_file(tmp_path, f"{server.url}/token")))
        # To read the key and make what is sent for a token takes time, too.
        assert server.is_asked_once_by(lambda: ends_in_time(lambda: _asked(3 * LIMIT)))


@pytest.mark.parametrize("step", ["status", "headers", "body"])
def test_a_metadata_server_that_answers_in_drops_ends_with_the_call(
    step: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setattr(google_credentials, "_LOOK", LIMIT)
    with dripping(step) as server:
        for name in ("GCE_METADATA_IP", "GCE_METADATA_HOST"):
            monkeypatch.setenv(name, f"127.0.0.1:{server.port}")
        ends_in_time(_asked)


@pytest.mark.parametrize("step", ["status", "headers", "body"])
def test_a_token_for_a_library_with_calls_of_its_own_comes_by_its_deadline_or_not(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_credentials, "REFRESH", LIMIT)
    with dripping(step) as server:
        person: Any = Credentials(  # type: ignore[no-untyped-call]
            None, refresh_token="r", token_uri=server.url, client_id="c", client_secret="s"
        )
        bounded = google_credentials.bounded(person)
        # What gRPC's plugin does before each call of Firestore (google.auth.transport.grpc).
        asking = partial(bounded.before_request, transport.Request(), "POST", "https://x", {})
        assert server.is_asked_once_by(lambda: ends_in_time(asking))


def _asked(limit: float = LIMIT) -> object:
    return Rest("cloudresourcemanager", "v3", base_url=None).call(_no_call, timeout=limit)


def _no_call(api: Any) -> Any:
    return api.projects().get(name="projects/x")


def _key_file(folder: Path, token_uri: str) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "key.json"
    said = {
        "type": "service_account",
        "client_email": EMAIL,
        "private_key": pem.decode(),
        "token_uri": token_uri,
    }
    path.write_text(json.dumps(said))
    return path


@pytest.mark.parametrize("step", ["continue", "status", "headers", "body"])
def test_the_address_of_socket_mode_comes_by_its_deadline_or_not(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_connection, "ASK", LIMIT)
    with dripping(step) as server:
        client = _socket_client(server.url)
        try:
            ends_in_time(client.connect)
        finally:
            client.close()


@pytest.mark.parametrize("step", ["status", "headers"])
def test_a_connection_of_socket_mode_stands_by_its_deadline_or_not(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_connection, "OPEN", LIMIT)
    monkeypatch.setattr(socket_connection, "ASK", LIMIT)  # the client asks for another address at once
    with dripping(step) as server:
        client = _socket_client(server.url)
        client.wss_uri = server.url.replace("http:", "ws:")
        try:
            began = time.monotonic()
            client.connect()
            assert time.monotonic() - began < SOON
            assert not client.is_connected()
        finally:
            client.close()


def _socket_client(url: str) -> socket_connection.SocketClient:
    logger = logging.getLogger("tests.socket")
    client = socket_connection.SocketClient(
        slack(url), upgraded=calls.upgraded, app_token="xapp-1", logger=logger, concurrency=1
    )
    client.current_app_monitor.interval_seconds = 0.1
    return client
