"""Where signing keys are: `file:PATH`, `secret:VERSION` or `iam:EMAIL`."""

from pathlib import Path
from typing import Literal

import msgspec

from countersign_client.patterns import Pattern

_VERSION = Pattern(r"projects/[a-z0-9.:-]+/secrets/[A-Za-z0-9_-]{1,255}/versions/([1-9][0-9]*|latest)")
_EMAIL = Pattern(r"[a-z0-9][a-z0-9.-]*@(?:[a-z0-9-]+\.)+gserviceaccount\.com")
_EXAMPLE = "secret:projects/PROJECT/secrets/SECRET/versions/latest"


class KeyFile(msgspec.Struct, frozen=True, tag="file"):
    """A JWK set in a file of this machine."""

    path: Path

    def __str__(self) -> str:
        return f"file:{self.path}"


class KeySecret(msgspec.Struct, frozen=True, tag="secret"):
    """A JWK set in a version of a secret, `projects/P/secrets/S/versions/V`, where V may be `latest`."""

    version: str

    def __str__(self) -> str:
        return f"secret:{self.version}"


class ServiceAccount(msgspec.Struct, frozen=True, tag="iam"):
    """A Google service account that signs by itself."""

    email: str

    def __str__(self) -> str:
        return f"iam:{self.email}"


SignerUrl = KeyFile | KeySecret | ServiceAccount
Purpose = Literal["tokens", "receipts", "webhooks"]


def token_signer(text: str) -> SignerUrl:
    """Read where the keys of activation tokens are. Raises `ValueError` with half a sentence."""
    kind, _, rest = text.partition(":")
    if kind == "file" and rest and not rest.endswith("/"):
        return KeyFile(Path(rest))
    if kind == "secret" and _VERSION.fullmatch(rest):
        return KeySecret(rest)
    if kind == "iam" and _EMAIL.fullmatch(rest):
        return ServiceAccount(rest)
    raise ValueError(
        f"{text!r} names no signer. Set file:PATH, {_EXAMPLE}, or iam: and a service account's address"
    )


def webhook_signer(text: str) -> KeyFile | KeySecret:
    """Read where the keys of webhooks are. Raises `ValueError` with half a sentence."""
    if text.startswith("iam:"):
        raise ValueError(
            "a service account cannot sign webhooks, whose keys are of a kind that Google does not sign by."
            f" Set {_EXAMPLE}, or file:PATH on a machine with a disk"
        )
    return _kept(text)


def receipt_signer(text: str) -> KeyFile | KeySecret:
    """Read where the keys of receipts are. Raises `ValueError` with half a sentence."""
    if text.startswith("iam:"):
        raise ValueError(
            "a service account cannot sign receipts: Google stops publishing its keys some time after they rotate,"
            f" and a receipt must verify for ever. Set {_EXAMPLE}, or file:PATH on a machine with a disk"
        )
    return _kept(text)


def _kept(text: str) -> KeyFile | KeySecret:
    try:
        url = token_signer(text)
    except ValueError:
        url = None
    if not isinstance(url, KeyFile | KeySecret):
        raise ValueError(f"{text!r} names no signer. Set file:PATH or {_EXAMPLE}")  # noqa: TRY004 - it is a value
    return url
