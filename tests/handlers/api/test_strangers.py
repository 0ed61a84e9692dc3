"""Who sees nothing: whoever comes past the proxy, or is none of ours. And what is told when things break."""

import http.client
import json
from typing import Any

import pytest

from approvals.changes import Change
from approvals.refusals.errors import Late
from sandbox.iap.accounts import Account, external, google
from tests.handlers.api.conftest import ALICE
from tests.support.callers import Caller
from tests.support.running import Running

GOOD = {"entitlement": "admin", "duration": "30m", "justification": "INC-1 disk full"}
ASK = "/v1/requests"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_past_the_proxy_nobody_sees_anything(office: Running, alice: Caller, method: str) -> None:
    request_id = alice.ask()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": "k",
        "X-Goog-Authenticated-User-Email": f"accounts.google.com:{ALICE}",
        "Cookie": "GCP_IAP_UID=1",
        "Authorization": "Bearer ey00",
    }
    for path in ("/v1/me", ASK, f"{ASK}/{request_id}", f"{ASK}/{request_id}/withdraw", "/v1/none"):
        connection = http.client.HTTPConnection(office.url.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, path, body=b"{}", headers=headers)
            response = connection.getresponse()
            said = response.read().decode()
        finally:
            connection.close()
        assert response.status == 403
        assert method == "HEAD" or json.loads(said)["code"] == "stranger"
        assert request_id not in said
    assert office.request(request_id).state == "pending"


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (google(ALICE, hd=""), "organisation"),
        (google(ALICE, hd="example.org"), "organisation"),
        (google("alice@example.org"), "organisation"),
        (google("bot@shop-prod.iam.gserviceaccount.com", hd=""), "service_account"),
        (
            external(
                {
                    "sub": "1",
                    "email": ALICE,
                    "email_verified": True,
                    "firebase": {"sign_in_provider": "saml.corp", "tenant": "tenant-1"},
                }
            ),
            "external.provider",
        ),
    ],
)
def test_who_is_not_of_our_organisation_sees_nothing(
    office: Running, alice: Caller, account: Account, code: str
) -> None:
    request_id, stranger = alice.ask(), Caller(office, account)

    for said in (
        stranger.get("/v1/me"),
        stranger.get("/v1/none"),
        stranger.get(f"{ASK}/{request_id}"),
        stranger.post(ASK, GOOD),
        stranger.post(f"{ASK}/{request_id}/withdraw"),
    ):
        assert (said.status, said.code) == (403, code)
    assert office.request(request_id).state == "pending"


def test_outside_an_unexpected_error_is_one_sentence_and_an_id(
    office: Running, alice: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: str) -> None:
        raise RuntimeError("the disk's own words")

    monkeypatch.setattr(office.service.store, "request", broken)

    said = alice.get(f"{ASK}/r-0000000000")

    assert (said.status, said.code) == (500, "unexpected")
    assert said.json["reference"] in said.json["detail"]
    assert said.json["reference"] in caplog.text
    assert b"disk" not in said.body


def test_what_may_have_been_kept_is_said_and_asking_again_tells(
    office: Running, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = office.service.store.create

    def lost(change: Change, **options: Any) -> None:
        create(change, **options)
        raise Late("the answer got lost")

    monkeypatch.setattr(office.service.store, "create", lost)
    first = alice.post(ASK, GOOD, key="late")
    monkeypatch.undo()

    second = alice.post(ASK, GOOD, key="late")

    assert (first.status, first.code) == (503, "late")
    assert int(first.headers["retry-after"]) > 0
    assert (second.status, second.headers["idempotent-replayed"]) == (201, "true")
