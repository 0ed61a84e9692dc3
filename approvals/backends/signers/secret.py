"""A signer whose keys are a JWK set in a secret (Secret Manager API v1).

The service's account needs roles/secretmanager.secretAccessor on the secret; who rotates, also
roles/secretmanager.secretVersionAdder.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from approvals.backends.secrets import SecretError, StoredSecret
from approvals.backends.signers import jws, keyset
from approvals.backends.signers.cache import KeyCache
from approvals.backends.signers.keyset import Key, KeysError
from approvals.backends.signers.purposes import Purpose
from countersign_client.jws import PublicKey

_READING = 2.0
_WRITING = 10.0


class SecretSigner:
    """Signs with a version of a secret, `projects/P/secrets/S/versions/V`, where V may be `latest`.

    `base_url` leads to an emulator in place of Google.
    """

    def __init__(
        self,
        version: str,
        *,
        issuer: Callable[[], str],
        purpose: Purpose,
        base_url: str | None = None,
    ) -> None:
        """Nothing is read yet: issuer and keys come when they are first needed, or the keys by `check`."""
        self._issuer = issuer
        self._purpose = purpose
        self._secret = _Secret(version, purpose=purpose, base_url=base_url)
        self._cache: KeyCache[Key] = KeyCache(self._secret.keys)

    @property
    def issuer(self) -> str:
        """Who signs. Raises what `issuer` does."""
        return self._issuer()

    def check(self) -> None:
        """Read the keys now. Raises `KeysError` that says what to mend, or `Unavailable`."""
        self._cache.check()

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a compact JWS (RFC 7515) of the claims by the newest key. Raises `Unavailable`."""
        return keyset.sign(self._cache.all(), claims)

    def stamp(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of a message by the newest key, which must be one of webhooks.

        Raises `KeysError` or `Unavailable`.
        """
        return keyset.stamp(self._cache.all(), message)

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token that one of our keys signed by ES256.

        Raises `Refused` with code `token`, or `Unavailable` while the keys cannot be read.
        """
        return jws.read(token, algorithm=keyset.ALGORITHM, find=self._find, purpose=self._purpose)

    def knows(self, kid: str) -> bool:
        """Whether there is a key of this id; one that nobody has seen is looked for. Raises `Unavailable`."""
        return self._cache.find(kid) is not None

    def keys(self) -> Mapping[str, Any]:
        """The public keys as a JWK set. Raises `Unavailable`."""
        return keyset.public(self._cache.all())

    def _find(self, kid: str) -> PublicKey | None:
        key = self._cache.find(kid)
        return key.public if key is not None else None


def rotate_secret(
    version: str, *, now: datetime, purpose: Purpose, base_url: str | None = None
) -> tuple[str, str]:
    """Add a version with a new signing key to the secret; return the version's name and the key's id.

    A secret that has no version yet gets its first one. Raises `KeysError` or `Unavailable`.
    """
    # The newest version is built on whatever version is in use, so that no key gets lost.
    newest = f"{version.partition('/versions/')[0]}/versions/latest"
    secret = _Secret(newest, purpose=purpose, base_url=base_url)
    try:
        raw, kid = keyset.rotated(secret.keys(), now=now)
    except _Missing:
        raw = keyset.first(now=now, purpose=purpose)
        kid = keyset.parse(raw, where=version, purpose=purpose)[-1].kid
    return secret.add(raw), kid


class _Missing(KeysError):
    """There is no such version."""


class _Secret:
    """The keys in one version of a secret."""

    def __init__(self, version: str, *, purpose: Purpose, base_url: str | None) -> None:
        self._purpose = purpose
        self._stored = StoredSecret(version, base_url=base_url)

    def keys(self) -> tuple[Key, ...]:
        """Raises `KeysError` or `Unavailable`."""
        try:
            name, raw = self._stored.read(timeout=_READING)
        except SecretError as error:
            raise _meaning(error) from error
        return keyset.parse(raw, where=f"secret:{name}", purpose=self._purpose)

    def add(self, raw: bytes) -> str:
        """Add a version and return its name. Raises `KeysError` or `Unavailable`."""
        try:
            return self._stored.add(raw, timeout=_WRITING)
        except SecretError as error:
            raise _meaning(error) from error


def _meaning(error: SecretError) -> KeysError:
    return _Missing(f"{error}: run `countersign key rotate`") if error.missing else KeysError(str(error))
