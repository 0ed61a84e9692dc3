"""Issuers and applications in the policy file: whatever cannot work, or is not safe, is named at its place."""

from textwrap import indent
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from approvals.limits import Limits
from approvals.policy.parties import Brings, Issuer
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from countersign_client.jwks import public_jwk
from tests.approvals.policy.actions import changed, policy
from tests.approvals.policy.files import whereabouts

OKTA = "https://example.okta.com/oauth2/default"
TENANT = "0b9f5a3e-1111-4222-8333-444455556666"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
KEY = f"{{kid: p1, kty: OKP, crv: Ed25519, x: {X}}}"
JWKS = "https://payments.example.com/keys"
HOOK = "webhook: https://payments.example.com/hooks/countersign"
KEPT = "secret:projects/shop-prod/secrets/payments-webhook"
DOMAINS = "domains: [example.com]\n    claims"
SECOND = f"applications:\n  - {{id: second, title: Second, keys: [{KEY}]}}"
BOTH = "applications:" + "".join(f"\n  - {{id: {each}, title: One, jwks_uri: {JWKS}}}" for each in ("one", "two"))
TWO_ISSUERS = f"issuers:\n  - {{id: entra, issuer: '{ENTRA}', domains: [example.com]}}"

REFUSED = [
    # issuers
    ("id: okta", "id: okta\n    audience: payments", "audience", "unknown-key"),
    (OKTA, "http://example.okta.com", "http://", "bad-url"),
    (OKTA, "http://localhost.example.com", "http://", "bad-url"),
    (OKTA, "http://localhost@example.com", "http://", "bad-url"),
    (OKTA, "http://127.0.0.1.example.com/", "http://", "bad-url"),
    (OKTA, "http://127.0.0.2/", "http://", "bad-url"),
    (OKTA, "http://localhost:99999/", "http://", "bad-url"),
    (OKTA, "https://u@example.okta.com", "https://u", "bad-url"),
    (OKTA, OKTA + "?x=1", OKTA, "bad-url"),
    (OKTA, OKTA + "#x", OKTA, "bad-url"),
    (OKTA, "https://keys.example.com/{tenantid}", "https://keys", "bad-issuer"),
    (OKTA, "https://login.microsoftonline.com/common/v2.0", "https://login", "bad-issuer"),
    (OKTA, f"https://login.microsoftonline.com/{CONSUMERS}/v2.0", "https://l", "bad-issuer"),
    (OKTA, "https://login.microsoftonline.com/contoso.example/v2.0", "https://login", "bad-issuer"),
    ("claims: {", "kind: oidc\n    claims: {", "oidc", "bad-issuer"),
    ("claims: {", "kind: saml\n    claims: {", "saml", "bad-value"),
    (OKTA, "https://sign.example.com\n    kind: google", "google", "bad-issuer"),
    (OKTA, f"{ENTRA}\n    principal: [sub]", "[sub]", "bad-principal"),
    (OKTA, f"{ENTRA}\n    principal: [oid]", "[oid]", "bad-principal"),
    (OKTA, f"{OKTA}\n    principal: [sub]", "[sub]", "bad-principal"),
    (OKTA, f"{OKTA}\n    principal: [email]", "[email]", "bad-principal"),
    (OKTA, "https://sign.example.com\n    principal: [preferred_username]", "[preferred", "bad-principal"),
    (OKTA, f"{OKTA}\n    principal: []", "[]\n    domains", "empty-list"),
    (DOMAINS, "domains: [nodots]\n    claims", "nodots", "bad-domain"),
    ("type: employee_type", "acr: level", "acr: level", "bad-name"),
    ("type: employee_type", "in: level", "in: level", "bad-name"),
    ("type: employee_type", "job title: level", "job title", "bad-name"),
    (DOMAINS, "networks: [0.0.0.0/0]\n    claims", "0.0.0.0/0", "bad-network"),
    (DOMAINS, "networks: [169.254.0.0/16]\n    claims", "169.254", "bad-network"),
    (DOMAINS, "networks: [127.0.0.0/8]\n    claims", "127.0", "bad-network"),
    (DOMAINS, "networks: ['::/0']\n    claims", "'::/0'", "bad-network"),
    (DOMAINS, "networks: [10.4.0.1/16]\n    claims", "10.4.0.1", "bad-network"),
    ("issuers:", f"issuers:\n  - {{id: okta, issuer: '{ENTRA}'}}", "okta\n", "duplicate-id"),
    ("issuers:", f"issuers:\n  - {{id: other, issuer: '{OKTA}'}}", f"{OKTA}\n", "issuer-twice"),
    ("issuers:", TWO_ISSUERS, "example.com]\n    claims", "domain-twice"),
    # applications
    ("applications:", SECOND.replace("id: second", "id: payments"), "payments\n    title", "duplicate-id"),
    ("    keys:", f"    jwks_uri: {JWKS}\n    keys:", JWKS, "keys-and-address"),
    (f"keys:\n      - {KEY}", "jwks_uri: http://payments.example.com/keys", "http://pay", "bad-url"),
    (f"keys:\n      - {KEY}", "may_assert: true", "id: payments", "missing-key"),
    (f"keys:\n      - {KEY}", "keys: []", "[]\n    brings", "empty-list"),
    ("kid: p1, ", "", "{kty", "bad-key"),
    ("kid: p1", "kid: 'ü'", "{kid", "bad-key"),
    ("crv: Ed25519", "crv: X25519", "{kid", "bad-key"),
    ("aaPcHURo}", "aaPcHURo, d: nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A}", "{kid", "bad-key"),
    ("aaPcHURo}", "aaPcHURo, alg: ES256}", "{kid", "bad-key"),
    ("aaPcHURo}", "aaPcHURo, use: enc}", "{kid", "bad-key"),
    (f"kty: OKP, crv: Ed25519, x: {X}", "kty: oct, k: c2VjcmV0", "{kid", "bad-key"),
    ("kty: OKP, crv: Ed25519, x: 11q", "kty: EC, crv: P-256, x: 11q", "{kid", "bad-key"),
    (f"      - {KEY}\n", f"      - {KEY}\n      - {KEY.replace('p1', 'p2')}\n", "{kid: p2", "key-twice"),
    ("applications:", SECOND, f"{KEY}\n    brings", "key-twice"),
    ("applications:", BOTH, f"{JWKS}}}\n  - id: payments", "key-twice"),
    ("issuer: okta", "issuer: otka", "otka", "unknown-issuer"),
    ('audience: "api://payments", ', "", "{issuer", "missing-key"),
    ('"api://payments"', "[]", "[], azp", "empty-list"),
    ('"api://payments"', '"api payments"', '"api payments"', "bad-audience"),
    (OKTA, "https://cloud.google.com/iap", '"api://payments"', "bad-audience"),
    (f"keys:\n      - {KEY}", "jwks_uri: https://payments.example.com:8443/keys", "https://pay", "bad-url"),
    (HOOK, "webhook: https://10.0.0.1/", "https://10.", "bad-url"),
    (HOOK, "webhook: https://hooks/", "https://hooks", "bad-url"),
    (HOOK, "webhook: http://payments.example.com/", "http://payments", "bad-url"),
    (HOOK, "webhook: https://user:pass@payments.example.com/", "https://user", "bad-url"),
    (HOOK, "webhook: https://payments.example.com/#x", "https://pay", "bad-url"),
    (HOOK, "webhook: 'https://payments.example.com/\\x'", "'https://pay", "bad-url"),
    (HOOK, "webhook: https://Payments.example.com/", "https://Pay", "bad-url"),
    (f"    {HOOK}\n", "", KEPT, "bad-secret"),
    (KEPT, "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "whsec_", "bad-secret"),
    (KEPT, "secret:payments-webhook", "secret:pay", "bad-secret"),
    (KEPT, KEPT + "\n    may_assert: 'yes'", "'yes'", "wrong-type"),
    (KEPT, KEPT + "\n    limits: {pending: 0}", "0}", "bad-limit"),
    (KEPT, KEPT + "\n    limits: {pending: 501}", "501", "bad-limit"),
    (KEPT, KEPT + "\n    limits: {per_hour: 3601}", "3601", "bad-limit"),
    (KEPT, KEPT + "\n    limits: {per_day: 1}", "per_day", "unknown-key"),
]  # fmt: skip


def problems(text: str) -> list[tuple[str, int, int]]:
    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")
    return [(each.code, each.line, each.col) for each in refused.value.problems]


def test_an_audience_that_is_looked_for_at_the_issuer_is_told_where_it_stands() -> None:
    with pytest.raises(PolicyError) as refused:
        policy(("id: okta", "id: okta\n    audience: payments"))
    assert "write it under “brings” of each application" in refused.value.problems[0].text


@pytest.mark.parametrize(("old", "new", "at", "code"), REFUSED)
def test_what_is_wrong_is_refused_where_it_stands(old: str, new: str, at: str, code: str) -> None:
    text = changed((old, new))

    assert (code, *whereabouts(text, at)) in problems(text)


def test_a_secret_that_stands_in_the_policy_is_not_repeated() -> None:
    secret = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
    with pytest.raises(PolicyError) as refused:
        parse(changed((KEPT, secret)), source="policy.yaml")

    assert secret not in str(refused.value)


def pem(key: Any) -> str:
    return str(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def keyed(text: str) -> str:
    """The file with a key as PEM."""
    written = "{}\n        pem: |\n{}".format("- kid: p1", indent(text, " " * 10))
    return changed((f"- {KEY}\n", written))


KEYS: list[Any] = [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()]
UNFIT = [
    ec.generate_private_key(ec.SECP384R1()),
    ec.generate_private_key(ec.SECP256K1()),
    x25519.X25519PrivateKey.generate(),
    rsa.generate_private_key(65537, 1024),
]


@pytest.mark.parametrize("key", KEYS, ids=["P-256", "Ed25519"])
def test_a_key_may_be_written_as_pem(key: Any) -> None:
    found = parse(keyed(pem(key.public_key())), source="policy.yaml").applications["payments"].keys

    assert found == ({"kid": "p1", **public_jwk(key.public_key())},)


@pytest.mark.parametrize("key", UNFIT, ids=["P-384", "secp256k1", "X25519", "RSA of 1024 bits"])
def test_a_key_that_verifies_none_of_the_three_algorithms_is_refused(key: Any) -> None:
    text = keyed(pem(key.public_key()))

    assert problems(text) == [("bad-key", *whereabouts(text, "kid: p1"))]


def test_a_private_key_is_refused_and_not_repeated() -> None:
    private = KEYS[0].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(PolicyError) as refused:
        parse(keyed(private), source="policy.yaml")

    (problem,) = refused.value.problems
    assert "it is a private key: give only the public key, and replace the key" in problem.text
    assert private.splitlines()[1] not in problem.text


def test_an_application_has_its_keys_whom_it_brings_and_its_limits() -> None:
    found = policy((KEPT, KEPT + "\n    may_assert: true\n    limits: {per_hour: 2000}")).applications["payments"]

    assert [each["kid"] for each in found.keys] == ["p1"]
    assert found.brings == (Brings(issuer="okta", audience=("api://payments",), azp=("0oa1", "0oa2")),)
    assert (found.webhook, found.webhook_secret) == (HOOK.partition(" ")[2], KEPT)
    assert found.may_assert
    assert found.limits == Limits(pending=100, per_hour=2000)


@pytest.mark.parametrize(
    ("issuer", "kind", "principal"),
    [
        (OKTA, "okta", ("uid",)),
        (ENTRA, "entra", ("tid", "oid")),
        ("https://login.microsoftonline.com/{tenantid}/v2.0", "entra", ("tid", "oid")),
        (f"https://sts.windows.net/{TENANT}/", "entra", ("tid", "oid")),
        ("https://accounts.google.com", "google", ("sub",)),
        ("https://sign.example.com/realms/shop", "oidc", ("sub",)),
    ],
)
def test_an_issuer_s_host_says_its_kind_and_that_whom_its_tokens_name(
    issuer: str, kind: str, principal: tuple[str, ...]
) -> None:
    found = policy((OKTA, issuer)).issuers["okta"]

    assert (found.issuer, found.kind, found.principal) == (issuer, kind, principal)


def test_an_issuer_has_all_that_is_written() -> None:
    claims = "kind: okta\n    principal: [uid]\n    networks: [10.4.0.0/16, 'fd00:4::/32']\n    claims"

    assert policy(("claims", claims)).issuers["okta"] == Issuer(
        id="okta",
        issuer=OKTA,
        kind="okta",
        principal=("uid",),
        domains=("example.com",),
        claims={"groups": "groups", "type": "employee_type"},
        networks=("10.4.0.0/16", "fd00:4::/32"),
    )
