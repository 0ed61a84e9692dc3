"""A signer without a key: Google signs as a service account (IAM Credentials API v1, signJwt), by RS256.

The service's own account needs roles/iam.serviceAccountTokenCreator on the signing account, also where both
are one. Verification is local, by the keys that Google publishes. Those vanish some time after a rotation, and
nothing that is signed may live longer than twelve hours: this is for activation tokens, never for receipts. The
set of keys is Google's and cannot carry what they are for: there the signed claim `knd` alone tells.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from approvals.backends.signers import jws
from approvals.backends.signers.cache import KeyCache
from approvals.backends.signers.keyset import KeysError
from approvals.backends.signers.published import PublishedKey, published
from approvals.backends.signers.purposes import TOKENS
from approvals.refusals.errors import Refused, Unavailable
from countersign_client.jws import PublicKey

if TYPE_CHECKING:
    from google.cloud.iam_credentials_v1 import IAMCredentialsClient

ROLE = "roles/iam.serviceAccountTokenCreator"
_SIGNING = 3.0
_ALGORITHM = "RS256"


class Closed(Unavailable):
    """Google will not sign before somebody mends what the text names."""


class IamSigner:
    """Signs as a service account, which is the issuer. `base_url` leads to an emulator, `clock` counts seconds."""

    def __init__(
        self, email: str, *, base_url: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is read yet: the public keys come when they are first needed, or by `check`."""
        self.issuer = email
        self._base_url = base_url
        self._lock = threading.Lock()
        self._client: IAMCredentialsClient | None = None
        self._cache: KeyCache[PublishedKey] = KeyCache(lambda: published(email, base_url=base_url), clock=clock)

    def check(self) -> None:
        """Read the public keys and have something signed now, of a kind that nothing accepts.

        Raises `KeysError` that says what to mend, or `Unavailable`.
        """
        self._cache.check()
        try:
            self.sign({"knd": "check", "iss": self.issuer, "aud": self.issuer, "exp": int(time.time()) + 60})
        except Closed as error:
            raise KeysError(str(error)) from error

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Let Google sign, and return only what verifies here. Raises `Unavailable`.

        Raises `KeysError` for receipts and all that has no `exp`: this signature cannot be verified for ever.
        """
        if "exp" not in claims or not TOKENS.fits(claims):
            raise KeysError(f"iam:{self.issuer} signs activation tokens only: its public keys do not last")
        token = self._signed(json.dumps(dict(claims), separators=(",", ":")))
        try:
            if self.verify(token) == dict(claims):
                return token
        except Refused as error:
            raise Unavailable(f"{self.issuer}: the key that signed is not published yet") from error
        raise Unavailable(f"{self.issuer}: Google signed something else than was asked")

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token that the account's keys signed by RS256.

        Raises `Refused` with code `token`, or `Unavailable` while the keys cannot be read.
        """
        return jws.read(token, algorithm=_ALGORITHM, find=self._find, purpose=TOKENS)

    def knows(self, kid: str) -> bool:
        """Whether there is a key of this id; one that nobody has seen is looked for. Raises `Unavailable`."""
        return self._cache.find(kid) is not None

    def keys(self) -> Mapping[str, Any]:
        """The public keys as a JWK set. Raises `Unavailable`."""
        return {"keys": [key.jwk for key in self._cache.all()]}

    def _find(self, kid: str) -> PublicKey | None:
        key = self._cache.find(kid)
        return key.public if key is not None else None

    def _signed(self, payload: str) -> str:
        from google.api_core.exceptions import GoogleAPICallError  # noqa: PLC0415 - Google's libraries load late
        from google.auth.exceptions import GoogleAuthError, InvalidOperation  # noqa: PLC0415
        from google.protobuf.json_format import Error as FormatError  # type: ignore[import-untyped]  # noqa: PLC0415

        from approvals.backends.google_credentials import CredentialsError  # noqa: PLC0415

        name = f"projects/-/serviceAccounts/{self.issuer}"
        try:
            answer = self._google().sign_jwt(name=name, payload=payload, retry=None, timeout=_SIGNING)
        except GoogleAPICallError as error:
            # The library puts method and address before what Google said.
            said = re.sub(r"^[A-Z]+ \S+: ", "", str(error.message))
            raise self._meaning(int(error.code or 0), said) from error
        except InvalidOperation as error:
            raise self._meaning(401, "HTTP 401") from error
        except (GoogleAuthError, CredentialsError, FormatError, OSError, Unavailable) as error:
            raise Unavailable(f"signJwt for {self.issuer} did not answer: {error}") from error
        return str(answer.signed_jwt)

    def _google(self) -> "IAMCredentialsClient":
        from approvals.backends.google_session import iam_credentials  # noqa: PLC0415 - loads Google's libraries

        with self._lock:
            if self._client is None:
                self._client = iam_credentials(self._base_url)
            return self._client

    def _meaning(self, code: int, text: str) -> Unavailable:
        if code in (401, 403):
            return Closed(
                f"Google does not let this service sign as {self.issuer}: grant the service's own account"
                f" {ROLE} on {self.issuer}, also where both are one ({text})"
            )
        if code == 404:
            return Closed(f"there is no service account {self.issuer} ({text})")
        if code == 429:
            return Unavailable(f"the quota of signJwt for {self.issuer} is used up ({text})", retry_after=10.0)
        return Unavailable(f"signJwt for {self.issuer} failed ({code}): {text}")
