"""Visits as Identity-Aware Proxy hands them on: each with an assertion of its own, signed just now."""

import json
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from bench.people import APPROVERS, address

AUDIENCE = "/projects/123456789/locations/europe-west1/services/countersign-pages"
HEADER = "x-goog-iap-jwt-assertion"
_KID = "bench1"


class Proxy:
    """Signs for the first approver. Its public key is published by `bench.outside`, from a file."""

    def __init__(self, keys: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        jwk = json.loads(ECAlgorithm.to_jwk(self._key.public_key()))
        keys.write_text(json.dumps({"keys": [jwk | {"kid": _KID, "alg": "ES256", "use": "sig"}]}))

    def assertion(self, number: int) -> str:
        """One of many, no two of which are the same."""
        now, who = int(time.time()), address(APPROVERS[0])
        claims = {
            "iss": "https://cloud.google.com/iap",
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 600,
            "sub": "accounts.google.com:118133858486581853996",
            "email": who,
            "hd": "example.com",
            "google": {"access_levels": [f"accessPolicies/1/accessLevels/level{number}"]},
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": _KID})

    def visit(self, path: str, number: int) -> bytes:
        """A whole HTTP request for a page."""
        return (
            f"GET {path} HTTP/1.1\r\nHost: countersign.example.com\r\nAccept: text/html\r\n"
            f"{HEADER}: {self.assertion(number)}\r\n\r\n"
        ).encode()
