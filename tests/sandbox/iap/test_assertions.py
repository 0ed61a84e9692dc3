"""Google's own library takes what the proxy asserts, and refuses what its test mode breaks."""

import time
from typing import Any

import jwt
import pytest
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import id_token
from joserfc import jws
from joserfc.jwk import KeySet

from sandbox.iap import accounts
from sandbox.iap.assertions import TESTS
from tests.sandbox.iap.conftest import Proxied, Seen, ask

ASSERTION = "x-goog-iap-jwt-assertion"
LEVEL = "accessPolicies/1/accessLevels/managed"


@pytest.fixture(autouse=True)
def now(proxied: Proxied, clock: Any) -> None:
    """Google's library reads the system's clock."""
    clock.now = time.time()


def verified(proxied: Proxied, seen: Seen, *, keys: str = "public_key") -> dict[str, Any]:
    """The claims, once Google's library has verified them with the keys that are published."""
    return checked(proxied, seen.header(ASSERTION)[0], keys=keys)


def checked(proxied: Proxied, token: str, *, keys: str = "public_key") -> dict[str, Any]:
    """The claims of a token."""
    url = f"{proxied.box.url}/gstatic/iap/verify/{keys}"
    return dict(id_token.verify_token(token, Request(), audience=proxied.gate.audience, certs_url=url))


_WHY = {
    "FUTURE_ISSUE": "too early|not yet valid",
    "PAST_EXPIRATION": "expired",
    "AUDIENCE": "audience|Audience",
    "SIGNATURE": "Could not verify|Signature verification failed",
}


def test_the_test_mode_has_all_six_kinds() -> None:
    assert set(TESTS) == {"NOT_SET", "ISSUER", *_WHY}


@pytest.mark.parametrize("test", _WHY)
@pytest.mark.parametrize("keys", ["public_key", "public_key-jwk"])
def test_google_refuses_what_the_test_mode_breaks(proxied: Proxied, test: str, keys: str) -> None:
    seen = proxied.by("bob@example.com", f"/?gcp-iap-mode=SECURE_TOKEN_TEST&iap-secure-token-test-type={test}")
    (token,) = seen.header(ASSERTION)
    with pytest.raises((GoogleAuthError, ValueError, jwt.PyJWTError), match=_WHY[test]):
        checked(proxied, token, keys=keys)


def test_a_wrong_issuer_is_for_the_program_to_see(proxied: Proxied) -> None:
    seen = proxied.by("bob@example.com", "/?gcp-iap-mode=SECURE_TOKEN_TEST&iap-secure-token-test-type=ISSUER")
    assert verified(proxied, seen)["iss"] != "https://cloud.google.com/iap"


@pytest.mark.parametrize("keys", ["public_key", "public_key-jwk"])
@pytest.mark.parametrize("query", ["", "?gcp-iap-mode=SECURE_TOKEN_TEST&iap-secure-token-test-type=NOT_SET"])
def test_google_verifies_an_assertion(proxied: Proxied, keys: str, query: str) -> None:
    claims = verified(proxied, proxied.by("bob@example.com", f"/{query}"), keys=keys)
    assert claims["iss"] == "https://cloud.google.com/iap"
    assert (claims["email"], claims["hd"]) == ("bob@example.com", "example.com")
    assert claims["sub"].startswith("accounts.google.com:1")
    assert claims["exp"] - claims["iat"] == 600
    assert "gcip" not in claims


def test_another_library_verifies_it_too(proxied: Proxied) -> None:
    (token,) = proxied.by("bob@example.com").header(ASSERTION)
    keys = KeySet.import_key_set(proxied.gate.keys.jwks())  # type: ignore[arg-type]  # as it is published
    assert jws.deserialize_compact(token, keys, algorithms=["ES256"]).protected["alg"] == "ES256"


def test_a_rotated_key_is_published_beside_the_old_one_until_that_is_dropped(proxied: Proxied) -> None:
    before = proxied.by("bob@example.com")
    proxied.gate.keys.rotate()
    after = proxied.by("bob@example.com")

    kids = [jwt.get_unverified_header(seen.header(ASSERTION)[0])["kid"] for seen in (before, after)]
    assert len(set(kids)) == 2
    assert [verified(proxied, seen)["email"] for seen in (before, after)] == ["bob@example.com"] * 2

    proxied.gate.keys.drop_old()
    assert verified(proxied, after)["email"] == "bob@example.com"
    with pytest.raises(ValueError, match=kids[0]):
        verified(proxied, before)


def test_a_private_account_has_no_organization_and_another_id(proxied: Proxied) -> None:
    private = proxied.gate.sign_in(accounts.google("alice@example.com", hd=""))
    claims = verified(proxied, proxied.get("/", private))
    assert "hd" not in claims
    assert claims["email"] == "alice@example.com"
    assert claims["sub"] != verified(proxied, proxied.by("alice@example.com"))["sub"]
    assert not accounts.google("somebody@gmail.com").hd


def test_access_levels_are_those_that_an_account_meets(proxied: Proxied) -> None:
    assert "google" not in verified(proxied, proxied.by("bob@example.com"))
    proxied.box.signin.access_levels["bob@example.com"] = (LEVEL,)
    assert verified(proxied, proxied.by("bob@example.com"))["google"] == {"access_levels": [LEVEL]}


CLAIMS = {
    "sub": "Zk31",
    "email": "eve@partner.example",
    "email_verified": True,
    "auth_time": 1_800_000_000,
    "firebase": {
        "tenant": "partners-1",
        "sign_in_provider": "saml.partner",
        "sign_in_attributes": {"role": "admin"},
        "identities": {"saml.partner": ["eve@partner.example"]},
    },
}


def test_an_external_identity_has_a_prefix_and_its_claims(proxied: Proxied) -> None:
    text, whole = (accounts.external(CLAIMS, as_object=as_object) for as_object in (False, True))
    told = [verified(proxied, proxied.get("/", proxied.gate.sign_in(one))) for one in (text, whole)]

    prefix = "securetoken.google.com/sandbox-project/partners-1"
    assert {claims["email"] for claims in told} == {f"{prefix}:eve@partner.example"}
    assert {claims["sub"] for claims in told} == {f"{prefix}:Zk31"}
    assert all("hd" not in claims for claims in told)
    assert isinstance(told[0]["gcip"], str)
    assert told[1]["gcip"] == CLAIMS


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"sub": "1"}, "need"),
        ({"sub": 1, "firebase": {}}, "need"),
        (CLAIMS | {"groups": ["x" * 50] * 100}, "larger than 4,096 bytes"),
    ],
)
def test_claims_that_no_identity_has_are_refused(claims: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        accounts.external(claims)


def test_without_a_proxy_there_are_no_keys(proxied: Proxied) -> None:
    assert ask(proxied.box.url, "/gstatic/iap/verify/public_key").status == 200
    assert ask(proxied.box.url, "/gstatic/iap/verify/private_key").status == 404
