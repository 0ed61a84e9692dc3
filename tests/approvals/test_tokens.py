"""Activation tokens: what is refused, and that others read what we mint."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from jwt.algorithms import ECAlgorithm

from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import TOKENS
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.tokens import LIFE, ActivationToken, Tokens
from tests.support.builders import NOW, filed, installation, terms

ISSUER, GENERATION = "countersign:demo", "g1"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    create_keys(path, now=NOW, purpose=TOKENS)
    return path


@pytest.fixture
def tokens(keys: Path) -> Tokens:
    return Tokens(FileSigner(keys, issuer=lambda: ISSUER, purpose=TOKENS), installation=installation(GENERATION))


@pytest.fixture
def request_() -> Request:
    return filed().request


def code(tokens: Tokens, token: str, **changes: Any) -> str:
    with pytest.raises(Refused) as refusal:
        tokens.open(token, act="review", now=changes.get("now", NOW))
    return refusal.value.kind


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def own_key(keys: Path) -> ECKey:
    (jwk,) = json.loads(keys.read_text())["keys"]
    return ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y", "d", "kid")})


def forged(keys: Path, made: dict[str, Any]) -> str:
    """A token with our own key's signature, made by another library."""
    key = own_key(keys)
    return jwt.encode({"alg": "ES256", "kid": key.kid}, made, key)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


# --- what is no token ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "ÿ",
        "\udcff",
        "null",
        "e30.e30.",
        "x" * 5000,
        part([]) + "." + part([]) + ".x",
    ],
)
def test_garbage_is_refused(tokens: Tokens, garbage: str) -> None:
    assert code(tokens, garbage) == "token"


def test_a_header_nested_without_end_is_refused(tokens: Tokens) -> None:
    deep = base64.urlsafe_b64encode(b'{"a":' + b"[" * 200_000).rstrip(b"=").decode()
    assert code(tokens, f"{deep}.e30.e30") == "token"


@pytest.mark.parametrize("where", [0, 1, 2])
def test_a_changed_letter_anywhere_is_refused(tokens: Tokens, request_: Request, where: int) -> None:
    parts = tokens.mint(request_, act="review", now=NOW).split(".")
    middle = len(parts[where]) // 2
    letter = "A" if parts[where][middle] != "A" else "B"
    parts[where] = parts[where][:middle] + letter + parts[where][middle + 1 :]
    assert code(tokens, ".".join(parts)) == "token"


@pytest.mark.parametrize(("claim", "value"), [("sub", "r-9999999999"), ("rev", 2), ("dig", "sha256:" + "e" * 64)])
def test_a_token_aimed_elsewhere_without_signing_anew_is_refused(
    tokens: Tokens, request_: Request, claim: str, value: object
) -> None:
    token = tokens.mint(request_, act="review", now=NOW)
    header, _, signature = token.split(".")
    assert code(tokens, ".".join([header, part(claims(token) | {claim: value}), signature])) == "token"


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
def test_no_algorithm_is_refused(tokens: Tokens, keys: Path, request_: Request, name: str) -> None:
    body = claims(tokens.mint(request_, act="review", now=NOW))
    kid = own_key(keys).kid
    for signature in ("", "e30"):
        assert code(tokens, f"{part({'alg': name, 'kid': kid})}.{part(body)}.{signature}") == "token"


def test_a_mac_made_with_our_public_key_is_refused(tokens: Tokens, keys: Path, request_: Request) -> None:
    body = claims(tokens.mint(request_, act="review", now=NOW))
    key = own_key(keys)
    public = ECAlgorithm(ECAlgorithm.SHA256).from_jwk(key.as_dict(private=False))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'kid': key.kid})}.{part(body)}"
    for secret in (pem, json.dumps(key.as_dict(private=False)).encode()):
        mac = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), "sha256")).rstrip(b"=").decode()
        assert code(tokens, f"{signed}.{mac}") == "token"


def test_another_key_under_our_keys_name_is_refused(tokens: Tokens, keys: Path, request_: Request) -> None:
    body = claims(tokens.mint(request_, act="review", now=NOW))
    kid = own_key(keys).kid
    assert code(tokens, jwt.encode({"alg": "ES256", "kid": kid}, body, ECKey.generate_key("P-256"))) == "token"
    rsa = RSAKey.generate_key(2048)
    assert code(tokens, jwt.encode({"alg": "RS256", "kid": kid}, body, rsa)) == "token"


def test_a_key_that_the_token_brings_along_is_not_used(tokens: Tokens, keys: Path, request_: Request) -> None:
    body = claims(tokens.mint(request_, act="review", now=NOW))
    own = ECKey.generate_key("P-256")
    for kid in ("another", own_key(keys).kid):
        header = {"alg": "ES256", "kid": kid, "jwk": own.as_dict(private=False)}
        assert code(tokens, jwt.encode(header, body, own)) == "token"


# --- signed by us, and still none ----------------------------------------------------------------


@pytest.mark.parametrize("claim", ["knd", "iss", "aud", "sub", "rev", "dig", "act", "gen", "iat", "exp", "jti"])
def test_every_claim_is_needed(tokens: Tokens, keys: Path, request_: Request, claim: str) -> None:
    body = claims(tokens.mint(request_, act="review", now=NOW))
    assert tokens.open(forged(keys, body), act="review", now=NOW).request == request_.id
    del body[claim]
    assert code(tokens, forged(keys, body)) == "token"


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("knd", "receipt"),
        ("iss", "countersign:other"),
        ("aud", "countersign:other"),
        ("aud", [ISSUER]),
        ("act", "end"),
        ("gen", "g0"),
        ("rev", True),
        ("rev", "1"),
        ("sub", 1),
        ("exp", "1795341600"),
        ("exp", 10**30),
        ("iat", 10**30),
        ("iat", -(10**30)),
        ("exp", 1795341600.5),
        ("jti", None),
    ],
)
def test_a_claim_of_another_value_or_type_is_refused(
    tokens: Tokens, keys: Path, request_: Request, claim: str, value: object
) -> None:
    body = claims(tokens.mint(request_, act="review", now=NOW)) | {claim: value}
    assert code(tokens, forged(keys, body)) == "token"


def test_a_restored_store_kills_all_older_tokens(tokens: Tokens, keys: Path, request_: Request) -> None:
    token = tokens.mint(request_, act="review", now=NOW)
    restored = FileSigner(keys, issuer=lambda: ISSUER, purpose=TOKENS)
    assert code(Tokens(restored, installation=installation("g2")), token) == "token"


def test_a_life_of_thirty_years_is_refused(tokens: Tokens, keys: Path, request_: Request) -> None:
    body = claims(tokens.mint(request_, act="review", now=NOW))
    body["exp"] = body["iat"] + 30 * 365 * 86400
    assert code(tokens, forged(keys, body)) == "token"


def test_a_life_a_second_too_long_is_refused(tokens: Tokens, keys: Path, request_: Request) -> None:
    body = claims(tokens.mint(request_, act="review", now=NOW))
    for longer, taken in ((0, True), (1, False)):
        body["exp"] = body["iat"] + int(LIFE.total_seconds()) + longer
        if taken:
            tokens.open(forged(keys, body), act="review", now=NOW)
        else:
            assert code(tokens, forged(keys, body)) == "token"


def test_a_token_from_the_future_is_refused(tokens: Tokens, request_: Request) -> None:
    token = tokens.mint(request_, act="review", now=NOW)
    tokens.open(token, act="review", now=NOW - timedelta(seconds=30))
    assert code(tokens, token, now=NOW - timedelta(seconds=31)) == "token"


def test_an_expired_token_is_told_from_a_false_one(tokens: Tokens, request_: Request) -> None:
    token = tokens.mint(request_, act="review", now=NOW)
    last = request_.terms.expires - timedelta(seconds=1)
    tokens.open(token, act="review", now=last)
    assert code(tokens, token, now=request_.terms.expires) == "token_expired"


# --- what is minted ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pending", "life"), [(timedelta(hours=1), timedelta(hours=1)), (timedelta(days=9), LIFE)]
)
def test_a_token_lives_as_long_as_its_request_but_no_longer_than_eleven_hours(
    tokens: Tokens, pending: timedelta, life: timedelta
) -> None:
    request = filed(terms=terms(expires=NOW + pending)).request
    body = claims(tokens.mint(request, act="review", now=NOW))
    assert body["exp"] - body["iat"] == life.total_seconds()


def test_another_library_verifies_our_token_with_the_published_keys(
    tokens: Tokens, keys: Path, request_: Request
) -> None:
    token = tokens.mint(request_, act="review", now=NOW)
    (public,) = FileSigner(keys, issuer=lambda: ISSUER, purpose=TOKENS).keys()["keys"]
    assert "d" not in public
    decoded = jwt.decode(token, ECKey.import_key(public), algorithms=["ES256"])
    assert decoded.header == {"alg": "ES256", "kid": public["kid"], "typ": "JWT"}
    assert decoded.claims == {
        "knd": "activation",
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": request_.id,
        "rev": 1,
        "dig": request_.digest,
        "act": "review",
        "gen": GENERATION,
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + timedelta(hours=8)).timestamp()),
        "jti": decoded.claims["jti"],
        "vts": 0,
    }


def test_each_token_has_its_own_name(tokens: Tokens, request_: Request) -> None:
    names = {claims(tokens.mint(request_, act="review", now=NOW))["jti"] for _ in range(50)}
    assert len(names) == 50


def test_a_token_fits_a_button(tokens: Tokens, request_: Request) -> None:
    # The value of a Slack button holds 2,000 characters.
    assert len(tokens.mint(request_, act="review", now=NOW)) < 1000


# --- what an opened token is good for ------------------------------------------------------------


def test_nobody_builds_an_activation_token() -> None:
    for seal in (object(), None, True):
        with pytest.raises(TypeError):
            ActivationToken(seal, request="r-0123456789", revision=1, digest="sha256:", jti="j", votes=0)


@pytest.mark.parametrize(
    "other",
    [
        lambda: filed("r-9999999999").request,
        lambda: filed(revision=2).request,
        lambda: filed(digest="sha256:" + "e" * 64).request,
    ],
)
def test_a_token_is_for_one_revision_of_one_request(
    tokens: Tokens, request_: Request, other: Callable[[], Request]
) -> None:
    opened = tokens.open(tokens.mint(request_, act="review", now=NOW), act="review", now=NOW)
    opened.require(request_)
    with pytest.raises(Refused):
        opened.require(other())
