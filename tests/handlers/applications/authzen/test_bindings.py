"""Binding tokens: what nobody changes, and what anybody verifies."""

import jwt
import msgspec
import pytest

from countersign_client.jwks import verifying
from handlers.applications.authzen.bindings import Bindings
from tests.support.front import REQUESTS, URN, Front


def test_nobody_changes_what_a_binding_token_says(front: Front) -> None:
    body = front.submission()
    head, _, signature = body["denial"]["binding_token"].split(".")
    claims = jwt.decode(body["denial"]["binding_token"], options={"verify_signature": False})
    forged = jwt.encode({**claims, "exp": claims["exp"] + 600}, "k" * 32).split(".")[1]
    unsigned = jwt.encode(claims, "", algorithm="none")

    for token in (f"{head}.{forged}.{signature}", unsigned, jwt.encode(claims, "k" * 32)):
        said = front.submit(body | {"denial": body["denial"] | {"binding_token": token}})
        assert said.json["type"] == f"{URN}invalid_denial_binding"


@pytest.mark.parametrize(
    "change", [{"aud": "https://elsewhere.example.com"}, {"iss": "https://elsewhere.example.com"}]
)
def test_what_the_same_key_signed_for_another_place_binds_nothing(front: Front, change: dict[str, str]) -> None:
    body = front.submission()
    bindings = Bindings(front.world.store, "https://approvals.example.com")
    claims = bindings.read(body["denial"]["binding_token"])
    token = bindings.token(msgspec.structs.replace(claims, **change))

    said = front.submit(body | {"denial": body["denial"] | {"binding_token": token}})

    assert said.json["type"] == f"{URN}invalid_denial_binding"
    assert front.submit(body).status == 202


def test_a_binding_token_is_verified_by_what_is_published(front: Front) -> None:
    (jwk,) = front.call("GET", "/access/v1/jwks", headers=[]).json["keys"]
    token = front.denied()["access_request"]["binding_token"]

    claims = jwt.decode(
        token,
        verifying(jwk),
        algorithms=["EdDSA"],
        audience=f"https://approvals.example.com{REQUESTS}",
        options={"verify_exp": False, "verify_iat": False},
    )

    assert claims["iss"] == "https://approvals.example.com"
    assert claims["exp"] - claims["iat"] == 600
    assert (claims["client_id"], claims["binding_context_members"]) == ("shop", ["channel"])
    assert jwt.get_unverified_header(token)["kid"] == jwk["kid"]
