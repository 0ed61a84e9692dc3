"""Assertions that are believed, and what they say."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.auth import jwt as google_jwt

from handlers.identity.iap import Assertion, Assertions, audience
from handlers.identity.keys import PublishedKeys
from tests.support.assertions import AUDIENCE, KeyPage, Proxy, headers
from tests.support.builders import NOW

PROXY = Proxy()
NOW_S = int(NOW.timestamp())
APPS = "/projects/123456789/apps/shop-prod"
FORMS = [
    AUDIENCE,
    APPS,
    "/projects/123456789/apps/example.com:shop-prod",
    "/projects/123456789/global/backendServices/987654321",
    "/projects/123456789/us-central1/backendServices/987654321",
]
# The shape of the documented example ("External identities for IAP"), with names of our own.
GCIP = {
    "auth_time": NOW_S - 60,
    "email": "bob@example.com",
    "email_verified": True,
    "firebase": {
        "identities": {"email": ["bob@example.com"], "saml.corp": ["bob@example.com"]},
        "sign_in_attributes": {"firstname": "Bob", "role": "admin", "groups": ["a", "b"], "age": 42},
        "sign_in_provider": "saml.corp",
        "tenant": "tenant-1",
    },
    "sub": "gZG0yELPypZElTmAT9I55prjHg63",
}
EXTERNAL = {
    "email": "securetoken.google.com/shop-prod/tenant-1:bob@example.com",
    "sub": "securetoken.google.com/shop-prod/tenant-1:gZG0yELPypZElTmAT9I55prjHg63",
    "hd": None,
}


def read(token: str, audiences: list[str] | None = None) -> Assertion:
    keys = PublishedKeys("https://keys", send=KeyPage(PROXY).send, clock=lambda: NOW)
    return Assertions(audiences or [AUDIENCE], find=keys.find).read(headers(token), now=NOW)


def test_it_says_who_and_what_held() -> None:
    found = read(PROXY.mint())

    assert found.email == "bob@example.com"
    assert found.subject == "accounts.google.com:118133858486581853996"
    assert found.organisation == "example.com"
    assert found.levels == ("accessPolicies/1/accessLevels/managed",)
    assert found.external is None
    assert found.read_at == NOW


def test_a_consumer_account_has_no_organisation() -> None:
    assert read(PROXY.mint(hd=None)).organisation == ""


@pytest.mark.parametrize("google", [None, {}, {"device_id": "d", "access_levels": []}])
def test_where_no_level_is_named_none_held(google: Any) -> None:
    assert read(PROXY.mint(google=google)).levels == ()


@pytest.mark.parametrize("form", FORMS)
def test_every_documented_form_of_an_audience_counts_where_it_is_set(form: str) -> None:
    assert audience(form) == form
    assert read(PROXY.mint(aud=form), [APPS, form]).email == "bob@example.com"


@pytest.mark.parametrize(
    ("iat", "exp"),
    [(NOW_S + 30, NOW_S + 630), (NOW_S - 600, NOW_S - 29), (NOW_S - 60, NOW_S + 600), (NOW_S, NOW_S + 660)],
)
def test_clocks_may_differ_by_thirty_seconds(iat: int, exp: int) -> None:
    assert read(PROXY.mint(iat=iat, exp=exp)).email == "bob@example.com"


def test_a_header_may_say_more_than_we_read() -> None:
    assert read(PROXY.sign(PROXY.claims(), x="y")).email == "bob@example.com"


@pytest.mark.parametrize("written", [GCIP, json.dumps(GCIP)], ids=["as an object", "as a text"])
def test_an_external_identity_is_read_with_what_its_provider_claims(written: Any) -> None:
    found = read(PROXY.mint(gcip=written, **EXTERNAL)).external

    assert found is not None
    assert (found.tenant, found.provider) == ("tenant-1", "saml.corp")
    assert (found.email, found.verified) == ("bob@example.com", True)
    assert found.attributes == {"firstname": ("Bob",), "role": ("admin",), "groups": ("a", "b")}
    assert found.signed_in == datetime.fromtimestamp(NOW_S - 60, UTC)


def test_what_is_not_said_of_an_external_identity_is_not_so() -> None:
    bare = {"firebase": {"sign_in_provider": "google.com"}}

    found = read(PROXY.mint(gcip=bare, **EXTERNAL)).external

    assert found is not None
    assert (found.tenant, found.email, found.verified, found.signed_in) == ("", "", False, None)


def test_google_s_own_library_believes_the_same_assertion() -> None:
    now = datetime.now(UTC)
    proxy = Proxy(now=lambda: now)
    token = proxy.mint()
    pem = proxy.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    decode: Any = google_jwt.decode
    theirs = decode(token, certs={proxy.kid: pem}, audience=AUDIENCE)
    keys = PublishedKeys("https://keys", send=KeyPage(proxy).send, clock=lambda: now)
    ours = Assertions([AUDIENCE], find=keys.find).read(headers(token), now=now)

    assert (theirs["email"], theirs["sub"], theirs["hd"]) == (ours.email, ours.subject, ours.organisation)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "/",
        "https://countersign.example.com",
        "123456789-abc.apps.googleusercontent.com",
        "/projects/shop-prod/apps/shop-prod",
        "/projects/123/locations/europe-west1/services/",
        "/projects/123/locations/europe-west1/services/UPPER",
        "/projects/123/locations/services/pages",
        "/projects/123/global/backendServices/pages",
        "/projects/123/global/services/pages",
        "/projects/123/europe-west1/backendServices/",
        "/projects/0/apps/shop-prod",
        "/projects/123/apps/x",
        "projects/123/apps/shop-prod",
        "/projects/123/apps/shop-prod/",
        "/projects/123/apps/shop-prod\n",
    ],
)
def test_an_audience_of_another_form_is_refused_with_the_forms_that_there_are(text: str) -> None:
    with pytest.raises(ValueError, match="/projects/NUMBER/locations/REGION/services/SERVICE"):
        audience(text)
