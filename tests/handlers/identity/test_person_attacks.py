"""Tokens that somebody made up, or took from elsewhere: not one proves anybody, and each is one plain refusal."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from approvals.policy.parties import Application, Brings
from approvals.refusals.errors import Refused
from countersign_client.jwks import public_jwk
from handlers.identity.issuers import Issuers
from handlers.identity.oidc import People
from handlers.seldom import Seldom
from tests.support.builders import NOW
from tests.support.vendors import PAYMENTS, POLICY, Vendors, golden, vendors

ID = golden("keycloak 26 id")
Made = Callable[[Vendors], str]


@pytest.fixture(scope="module")
def everyone() -> Iterator[Vendors]:
    with vendors() as served:
        yield served


@pytest.fixture(scope="module")
def people(everyone: Vendors) -> People:
    issuers = Issuers(everyone.fetch, clock=lambda: NOW)
    seldom = Seldom(logging.getLogger("countersign.door"))
    return People(policy=lambda: POLICY, issuers=issuers, proxy_key=lambda _: None, seldom=seldom)


def text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def header(**says: Any) -> Made:
    """A good token but for its header, which the signature covers."""
    return lambda their: their.sign(their.claims(ID), {"kid": "RS256"} | says, alg="RS256")


def claims(**says: Any) -> Made:
    """A good token but for its claims, as they stand."""
    return lambda their: their.sign(their.claims(ID) | says, {"kid": "RS256"}, alg="RS256")


def payload(change: Callable[[str], str]) -> Made:
    """A good signature of claims that no library would write."""
    return lambda their: their.sign_octets(
        change(json.dumps(their.claims(ID))).encode(), {"kid": "RS256"}, alg="RS256"
    )


def written(change: Callable[[list[str]], list[str]]) -> Made:
    """A good token whose text was changed afterwards."""
    return lambda their: ".".join(change(their.mint(ID).split(".")))


def unsigned(alg: str, kid: str = "RS256") -> Made:
    def made(their: Vendors) -> str:
        head = text(json.dumps({"alg": alg, "kid": kid}).encode())
        return f"{head}.{text(json.dumps(their.claims(ID)).encode())}."

    return made


def by_a_public_key(their: Vendors) -> str:
    """The published key as the secret of an HMAC."""
    pem = (
        their.keys["theirs"]
        .private["RS256"]
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    head = json.dumps({"alg": "HS256", "kid": "RS256"}).encode()
    signed = f"{text(head)}.{text(json.dumps(their.claims(ID)).encode())}"
    return f"{signed}.{text(hmac.digest(pem, signed.encode(), hashlib.sha256))}"


def by_a_key_of_its_own(their: Vendors) -> str:
    own = public_jwk(their.keys["others"].private["RS256"].public_key())
    return their.sign(their.claims(ID), {"kid": "RS256", "jwk": own}, alg="RS256", by="others")


def der(their: Vendors) -> str:
    """ES256 in the form of ASN.1, which is not JOSE's."""
    token = their.mint(ID, alg="ES256")
    signed, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    numbers = [int.from_bytes(raw[:32]), int.from_bytes(raw[32:])]
    body = b"".join(b"\x02\x21\x00" + each.to_bytes(32) for each in numbers)
    return f"{signed}.{text(b'0' + bytes([len(body)]) + body)}"


def by_another_name(alg: str) -> Made:
    """A good signature under a header that names another algorithm."""

    def made(their: Vendors) -> str:
        head = text(json.dumps({"alg": alg, "kid": "RS256"}).encode())
        signed = f"{head}.{text(json.dumps(their.claims(ID)).encode())}"
        private = their.keys["theirs"].private["RS256"]
        return f"{signed}.{text(private.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"

    return made


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


ATTACKS: dict[str, Made] = {
    "nothing": lambda _: "",
    "a word": lambda _: "token",
    "two parts": written(lambda parts: parts[:2]),
    "four parts": written(lambda parts: [*parts, ""]),
    "five parts, as if it were encrypted": written(lambda parts: [*parts, "", ""]),
    "a space before it": lambda their: " " + their.mint(ID),
    "a line's end after it": lambda their: their.mint(ID) + "\n",
    "Bearer before it": lambda their: "Bearer " + their.mint(ID),
    "padding": written(lambda parts: [parts[0], parts[1] + "=", parts[2]]),
    "another spelling of base64": written(
        lambda parts: [parts[0], parts[1], parts[2].replace("_", "/")[:-1] + "!"]
    ),
    "a header with a byte more": written(lambda parts: [parts[0] + "A", *parts[1:]]),
    "letters beyond ASCII": lambda their: their.mint(ID) + "é",
    "no signature": written(lambda parts: [*parts[:2], ""]),
    "half a signature": written(lambda parts: [*parts[:2], parts[2][: len(parts[2]) // 2]]),
    "a zero before the signature": written(
        lambda parts: [*parts[:2], text(b"\0" + base64.urlsafe_b64decode(parts[2] + "=="))]
    ),
    "the signature of another token": lambda their: ".".join(
        [*their.mint(ID).split(".")[:2], their.mint(ID, jti="other").split(".")[2]]
    ),
    "claims of another token": lambda their: ".".join(
        each.split(".")[number]
        for number, each in enumerate([their.mint(ID), their.mint(ID, jti="o"), their.mint(ID)])
    ),
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg of nothing": unsigned(""),
    "an algorithm that is not the signature's": by_another_name("ES256"),
    "an algorithm of the key's own kind that is not the signature's": by_another_name("PS256"),
    "HS256 by the public key": by_a_public_key,
    "a key that the token brings": by_a_key_of_its_own,
    "ASN.1": der,
    "jku": header(jku="https://evil.example/keys"),
    "jwk": header(jwk={}),
    "x5u": header(x5u="https://evil.example/cert"),
    "x5c": header(x5c=[]),
    "crit": header(crit=["exp"]),
    "crit of nothing": header(crit=[]),
    "b64": header(b64=False),
    "zip": header(zip="DEF"),
    "no kid": lambda their: their.sign(their.claims(ID), {}, alg="RS256"),
    "an empty kid": header(kid=""),
    "a kid that is a path": header(kid="../../dev/null"),
    "a kid that is SQL": header(kid="' OR 1=1 --"),
    "a kid that is a URL": header(kid="https://evil.example/keys"),
    "an endless kid": header(kid="k" * 300),
    "the kid of another key": header(kid="ES256"),
    "the kid of a key of PS256": header(kid="PS256"),
    "typ of an application's call": header(typ="countersign-app+jwt"),
    "typ of a logout": header(typ="logout+jwt"),
    "typ of an event": header(typ="secevent+jwt"),
    "typ of a proof of possession": header(typ="dpop+jwt"),
    "typ of a key's binding": header(typ="kb+jwt"),
    "typ of a receipt": header(typ="receipt+jwt"),
    "typ that is a list": header(typ=["JWT"]),
    "the claim typ of a refresh token": claims(typ="Refresh"),
    "the claim typ of an offline one": claims(typ="Offline"),
    "the claim typ that is no text": claims(typ=1),
    "a receipt of ours": claims(knd="receipt"),
    "a logout": claims(events={"http://schemas.openid.net/event/backchannel-logout": {}}),
    "a list of claims": payload(lambda said: f"[{said}]"),
    "a text of claims": payload(json.dumps),
    "null": payload(lambda _: "null"),
    "claims twice": payload(lambda said: said[:-1] + ', "sub": "f81d4fae-7dec-41d0-a765-00a0c91e6bf6"}'),
    "an audience twice": payload(lambda said: '{"aud": "evil",' + said[1:]),
    "a claim twice, deep down": payload(lambda said: said[:-1] + ', "realm_access": {"roles": [], "roles": []}}'),
    "NaN": payload(lambda said: said[:-1] + ', "nbf": NaN}'),
    "Infinity": payload(lambda said: said[:-1] + ', "x": Infinity}'),
    "a comment": payload(lambda said: said[:-1] + "/**/}"),
    "a comma too many": payload(lambda said: said[:-1] + ",}"),
    "two objects": payload(lambda said: said + said),
    "a byte order mark": payload(lambda said: "\ufeff" + said),
    "half a surrogate pair": claims(sub="\ud800"),
    "deeper than anybody reads": payload(lambda said: f'{said[:-1]}, "x": {nested(2000)}}}'),
    "deeper than any claim": payload(lambda said: f'{said[:-1]}, "x": {nested(32)}}}'),
    "larger than any must be": claims(x="x" * 16_384),
    "exp that is a text": claims(exp="9999999999"),
    "exp that is a fraction": claims(exp=9999999999.5),
    "exp that is true": claims(exp=True),
    "exp below zero": claims(exp=-1),
    "exp of another age": claims(exp=1 << 62),
    "exp of null": claims(exp=None),
    "iat that is a text": claims(iat="0"),
    "iat of the year 1970": claims(iat=0),
    "auth_time that is a text": claims(auth_time="now"),
    "nbf that is a list": claims(nbf=[]),
    "iss that is a list": claims(iss=["https://sso.example.com/realms/staff"]),
    "iss with a slash": claims(iss="https://sso.example.com/realms/staff/"),
    "iss in capitals": claims(iss="https://SSO.example.com/realms/staff"),
    "iss of another realm": claims(iss="https://sso.example.com/realms/other"),
    "iss with a space": claims(iss="https://sso.example.com/realms/staff "),
    "aud that is an object": claims(aud={"payments": True}),
    "aud that is null": claims(aud=None),
    "aud of everybody": claims(aud="*"),
    "aud in capitals": claims(aud="PAYMENTS"),
    "aud with numbers in it": claims(aud=["payments", 1]),
    "aud that has ours within": claims(aud="payments payments-api"),
    "azp that is a list": claims(azp=["payments"]),
    "azp of an empty client": claims(azp=""),
    "sub that is a number": claims(sub=7),
    "sub that is empty": claims(sub=""),
    "sub with a slash": claims(sub="f81d4fae/7dec"),
    "sub with a line's end": claims(sub="f81d4fae\n"),
    "sub that is the client": claims(sub="payments"),
    "sub of a page's length": claims(sub="s" * 900),
    "an address of two": claims(email="bob@example.com,carol@example.com"),
    "an address with a name": claims(email="Bob <bob@example.com>"),
    "an address beyond ASCII": claims(email="bob@exam\u212aple.com"),
    "an address of a domain within": claims(email="bob@example.com.evil.example"),
    "an address with another one before it": claims(email="evil@evil.example@example.com"),
    "an address of a domain below": claims(email="bob@sub.example.com"),
    "an address that is a list": claims(email=["bob@example.com"]),
    "an address that is verified by a number": claims(email_verified=1),
    "amr that is a text": claims(amr="mfa"),
    "amr without an end": claims(amr=["x"] * 51),
    "acr that is a number": claims(acr=2),
    "half of a character": claims(acr="\ud800"),
    "half of a character, deep": claims(realm_access={"roles": ["\ud800"]}),
    "nonce that is a number": claims(nonce=5),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_proves_nobody(people: People, everyone: Vendors, attack: str) -> None:
    with pytest.raises(Refused) as refused:
        people.person(PAYMENTS, ATTACKS[attack](everyone), now=NOW)
    assert refused.value.kind == "token"


def test_the_token_that_all_of_them_were_made_of_is_good(people: People, everyone: Vendors) -> None:
    assert people.person(PAYMENTS, everyone.mint(ID), now=NOW).principal == "bob@example.com"


@pytest.mark.parametrize(
    "brings",
    [
        (),
        (Brings(issuer="gone", audience=("payments",)),),
        (Brings(issuer="okta", audience=("payments",)),),
        (Brings(issuer="keycloak", audience=()),),
        (Brings(issuer="keycloak", audience=("payments",), azp=("another-client",)),),
        (Brings(issuer="iap", audience=("payments",)),),
    ],
)
def test_an_application_brings_what_the_policy_lists_for_it_and_nothing_else(
    people: People, everyone: Vendors, brings: tuple[Brings, ...]
) -> None:
    other: Application = msgspec.structs.replace(PAYMENTS, id="other", brings=brings)
    with pytest.raises(Refused):
        people.person(other, everyone.mint(ID), now=NOW)


def test_a_key_that_entra_has_for_other_issuers_signs_nothing_here(everyone: Vendors) -> None:
    where = "https://login.microsoftonline.com/keys-of-entra"
    kept = everyone.documents[where]
    consumers = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"
    everyone.documents[where] = {"keys": [key | {"issuer": consumers} for key in kept["keys"]]}
    fresh = People(
        policy=lambda: POLICY,
        issuers=Issuers(everyone.fetch, clock=lambda: NOW),
        proxy_key=lambda _: None,
        seldom=Seldom(logging.getLogger("countersign.door")),
    )
    try:
        with pytest.raises(Refused):
            fresh.person(PAYMENTS, everyone.mint(golden("entra id v2")), now=NOW)
    finally:
        everyone.documents[where] = kept
