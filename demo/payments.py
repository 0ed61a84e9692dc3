"""The payments application of `examples/payments` in the demo: its key, its place in the policy, its process."""

import base64
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
KEY = "payments.pem"
LEDGER = "payments.db"
POLICY = "policy.yaml"


def write_policy(state: Path, *, issuer: str) -> Path:
    """Write the demo's policy with a new key of the application's, and that key beside it; return where."""
    key = ec.generate_private_key(ec.SECP256R1())
    _write(state / KEY, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    stanza = (EXAMPLES / "payments" / "policy.yaml").read_text()
    filled = stanza.replace("ISSUER\n", f"{issuer}\n").replace("[KEY]", f"[{_public(key)}]")
    policy = state / POLICY
    policy.write_text(f"{(EXAMPLES / 'policy.yaml').read_text()}\n{filled}")
    return policy


def command() -> list[str]:
    """What starts it."""
    return [sys.executable, str(EXAMPLES / "payments")]


def environment(state: Path, *, port: int, issuer: str, service: Mapping[str, str]) -> dict[str, str]:
    """What it is started with, beside what every program has."""
    return {
        "PAYMENTS_PORT": str(port),
        "PAYMENTS_ISSUER": issuer,
        "PAYMENTS_KEY": str(state / KEY),
        "PAYMENTS_LEDGER": str(state / LEDGER),
        "COUNTERSIGN_API_URL": service["COUNTERSIGN_API_URL"],
    }


def _public(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half as a JWK (RFC 7517), which is a mapping in YAML as well."""
    numbers = key.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(each.to_bytes(32)).decode().rstrip("=") for each in (numbers.x, numbers.y))
    return json.dumps({"kty": "EC", "crv": "P-256", "x": x, "y": y})


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
