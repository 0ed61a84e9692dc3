"""The sandbox's IAM Credentials signs what Google signs, and publishes its keys where Google does."""

import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from sandbox.google import Fault, Google
from tests.sandbox.google.conftest import Client

EMAIL = "signer@demo-prod.iam.gserviceaccount.com"
SIGN = f"iamcredentials/v1/projects/-/serviceAccounts/{EMAIL}:signJwt"
KEYS = f"www/service_accounts/v1/metadata/jwk/{EMAIL}"


def sign(client: Client, **claims: Any) -> tuple[int, dict[str, Any]]:
    return client.call("POST", SIGN, {"payload": json.dumps(claims)})


def keys(client: Client) -> KeySet:
    """The published keys, read without credentials."""
    code, answer = client.call("GET", KEYS, headers={"Authorization": ""})
    assert code == 200, answer
    return KeySet.import_key_set(answer)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _account(google: Google) -> None:
    google.accounts.add(EMAIL)


def test_an_unknown_account_signs_nothing_and_has_no_keys(client: Client) -> None:
    other = EMAIL.replace("signer", "nobody")
    assert client.call("POST", SIGN.replace(EMAIL, other), {"payload": "{}"})[0] == 404
    assert client.call("GET", KEYS.replace(EMAIL, other))[0] == 404


def test_the_project_must_be_the_wildcard(client: Client) -> None:
    assert client.call("POST", SIGN.replace("/-/", "/demo-prod/"), {"payload": "{}"})[0] == 400


def test_signing_needs_credentials(client: Client) -> None:
    assert client.call("POST", SIGN, {"payload": "{}"}, headers={"Authorization": ""})[0] == 401


@pytest.mark.parametrize("payload", ["", "no json", "[]", "7"])
def test_a_payload_that_is_no_claims_set_is_refused(client: Client, payload: str) -> None:
    assert client.call("POST", SIGN, {"payload": payload})[0] == 400


def test_the_payload_is_text_and_not_an_object(client: Client) -> None:
    assert client.call("POST", SIGN, {"payload": {"sub": "r-1"}})[0] == 400


@pytest.mark.parametrize("ahead", [-1, 12 * 3600 + 60])
def test_an_expiry_in_the_past_or_more_than_twelve_hours_ahead_is_refused(client: Client, ahead: int) -> None:
    assert sign(client, exp=int(time.time()) + ahead)[0] == 400


@pytest.mark.parametrize("expires", ["1795000000", 1795000000.5, True])
def test_an_expiry_that_is_no_integer_is_refused(client: Client, expires: object) -> None:
    assert sign(client, exp=expires)[0] == 400


def test_a_signature_verifies_by_the_published_keys_and_names_its_key(client: Client) -> None:
    expires = int(time.time()) + 12 * 3600 - 60

    code, answer = sign(client, sub="r-1", exp=expires)

    assert code == 200
    token = jwt.decode(answer["signedJwt"], keys(client), algorithms=["RS256"])
    assert token.claims == {"sub": "r-1", "exp": expires}
    assert token.header["kid"] == answer["keyId"]


def test_after_a_rotation_the_old_key_is_still_published(client: Client, google: Google) -> None:
    before = sign(client, sub="r-1")[1]

    google.accounts.add(EMAIL)

    after = sign(client, sub="r-2")[1]
    assert after["keyId"] != before["keyId"]
    assert [
        jwt.decode(each["signedJwt"], keys(client), algorithms=["RS256"]).claims for each in (before, after)
    ] == [
        {"sub": "r-1"},
        {"sub": "r-2"},
    ]


def test_a_key_that_is_no_longer_published_verifies_nothing(client: Client, google: Google) -> None:
    before = sign(client, sub="r-1")[1]
    google.accounts.add(EMAIL)

    google.accounts.drop(EMAIL, before["keyId"])

    with pytest.raises(InvalidKeyIdError):
        jwt.decode(before["signedJwt"], keys(client), algorithms=["RS256"])


def test_a_look_up_of_keys_can_be_made_to_fail_and_is_in_the_log(client: Client, google: Google) -> None:
    google.faults.set(Fault(method="service_accounts.jwk", status=503))

    assert client.call("GET", KEYS)[0] == 503
    assert client.call("GET", KEYS)[0] == 200
    assert [(call.resource, call.code) for call in google.calls("service_accounts.jwk")] == [
        (EMAIL, 503),
        (EMAIL, 200),
    ]


@pytest.mark.parametrize(("alt", "code"), [("json;enum-encoding=int", 200), ("xml", 400)])
def test_googles_own_clients_may_name_the_form_of_the_answer(client: Client, alt: str, code: int) -> None:
    assert client.call("POST", SIGN, {"payload": "{}"}, query={"$alt": alt})[0] == code
