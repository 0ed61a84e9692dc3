"""The public keys of an application: JWKs, or PEM texts with a kid. One that holds a secret is refused by name."""

from typing import Any

import yaml
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from approvals.policy.reading.document import Reader, shown
from approvals.policy.reading.keys import PEM
from countersign_client.jwks import public_jwk, verifying

MOST_KEYS = 10
"""Keys of one application: the one in use, the next one, and a few that go."""

KID_LENGTH = 100

Jwk = dict[str, Any]


def keys(reader: Reader, node: yaml.Node, *, lines: dict[str, int]) -> tuple[Jwk, ...]:
    """Read public keys as JWKs with their kid and nothing that is not public.

    `lines` has the line of every key of the policy, by its kind and number: whoever holds one of them speaks for
    one application.
    """
    nodes = reader.items(node, "keys")
    if nodes == []:
        reader.refuse(node, "empty-list", "keys is empty, so no call of this application could be verified")
    for item in (nodes or ())[MOST_KEYS:][:1]:
        reader.refuse(item, "too-many", f"an application has at most {MOST_KEYS} keys")
    found: dict[str, Jwk] = {}
    for item in nodes or ():
        jwk = _key(reader, item)
        if jwk is None:
            continue
        if jwk["kid"] in found:
            reader.refuse(item, "key-twice", f"the kid {shown(jwk['kid'])} is used already: each key has its own")
            continue
        _require_own(reader, item, jwk, lines)
        found[jwk["kid"]] = jwk
    return tuple(found.values())


def _require_own(reader: Reader, node: yaml.Node, jwk: Jwk, lines: dict[str, int]) -> None:
    identity = " ".join(str(value) for name, value in sorted(jwk.items()) if name != "kid")
    if identity in lines:
        text = f"this key stands on line {lines[identity]} already: whoever holds a key speaks for one application"
        reader.refuse(node, "key-twice", text)
    lines.setdefault(identity, node.start_mark.line + 1)


def _key(reader: Reader, node: yaml.Node) -> Jwk | None:
    members = _members(reader, node)
    if members is None:
        return None
    kid = members.get("kid")
    if not isinstance(kid, str) or not 1 <= len(kid) <= KID_LENGTH or not (kid.isascii() and kid.isprintable()):
        text = f"a key needs “kid”, its name in the calls: up to {KID_LENGTH} letters, digits and signs of ASCII"
        reader.refuse(node, "bad-key", text)
        return None
    try:
        key = _from_pem(members["pem"]) if "pem" in members else verifying(members)
        return {"kid": kid, **public_jwk(key)}
    except ValueError as error:
        reader.refuse(node, "bad-key", f"the key {shown(kid)}: {error}")
        return None


def _members(reader: Reader, node: yaml.Node) -> Jwk | None:
    entries = reader.entries(node, "a key")
    if entries is None:
        return None
    if "pem" in entries and reader.mapping(node, "a key as PEM", PEM) is None:
        return None
    found = {name: _member(reader, value, name) for name, (_, value) in entries.items()}
    return None if None in found.values() else found


def _member(reader: Reader, node: yaml.Node, name: str) -> Any:
    """A member of a JWK: a text, or a list of texts (`key_ops`)."""
    if not isinstance(node, yaml.SequenceNode):
        return reader.string(node, f"a key's {name}")
    found = [reader.string(item, f"an entry of a key's {name}") for item in node.value]
    return None if None in found else found


def _from_pem(text: str) -> Any:
    if "PRIVATE KEY" in text:
        raise ValueError("it is a private key: give only the public key, and replace the key")
    if "CERTIFICATE" in text:
        raise ValueError("it is a certificate: write the public key that it holds")
    # A fiftieth of a start, which keys written as JWKs do not need.
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        key = load_pem_public_key(text.strip().encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("it is no public key in PEM") from error
    wrong = _unfit(key)
    if wrong:
        raise ValueError(wrong)
    return key


def _unfit(key: Any) -> str:
    if not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey):
        return "it is no P-256, Ed25519 or RSA key"
    other = isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, ec.SECP256R1)
    return "it is a key of another curve than P-256" if other else ""
