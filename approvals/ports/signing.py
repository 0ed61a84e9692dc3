"""Signing tokens and receipts, and verifying them."""

from collections.abc import Mapping
from typing import Any, Protocol


class Signer(Protocol):
    """Signs tokens and knows the keys that verify them."""

    @property
    def issuer(self) -> str:
        """Who signs, as claims name it. Raises what the store does, where the store is who knows."""

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a compact JWS (RFC 7515) of the claims. Raises `Unavailable`."""

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token that one of our keys signed, algorithm pinned to the key.

        Checks the signature alone; raises `Refused` with code `token` otherwise, `Unavailable` while the keys
        cannot be read.
        """

    def knows(self, kid: str) -> bool:
        """Whether a key of this id is ours, looked for as for a token that names it. Raises as `verify` does."""

    def keys(self) -> Mapping[str, Any]:
        """The public keys as a JWK set (RFC 7517). Raises `Unavailable` while they cannot be read."""
