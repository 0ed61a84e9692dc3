"""From where the settings say that keys are, to what signs with them."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from approvals.backends.signers import file
from approvals.backends.signers.iam import IamSigner
from approvals.backends.signers.purposes import RECEIPTS, TOKENS, WEBHOOKS, Purpose
from approvals.backends.signers.secret import SecretSigner, rotate_secret
from approvals.ports.examining import Diagnosis
from approvals.ports.signing import Signer
from bot.signer_urls import KeyFile, KeySecret, ServiceAccount, SignerUrl
from bot.signer_urls import Purpose as PurposeName
from bot.store_urls import SqliteUrl, StoreUrl

_PURPOSES = {each.name: each for each in (TOKENS, RECEIPTS, WEBHOOKS)}


def require_usable(
    tokens: SignerUrl, receipts: SignerUrl | None, webhooks: SignerUrl | None, *, store: StoreUrl
) -> None:
    """Raise `KeyFileError` where a start could neither read keys nor make them. Only files are looked at."""
    taken = [Path(os.path.realpath(store.path))] if isinstance(store, SqliteUrl) else []
    for url, purpose in ((tokens, TOKENS), (receipts, RECEIPTS), (webhooks, WEBHOOKS)):
        if not isinstance(url, KeyFile):
            continue
        place = Path(os.path.realpath(url.path))
        if any(place.is_relative_to(other) or other.is_relative_to(place) for other in taken):
            raise file.KeyFileError(f"{url.path} is where the store or other keys are: name a file of its own")
        taken.append(place)
        file.require_usable(url.path, purpose=purpose)


def create(url: SignerUrl | None, *, now: datetime, purpose: Purpose) -> None:
    """Make the key file that a start needs. Keys that are kept elsewhere are made by `countersign key rotate`.

    Raises `KeyFileError`.
    """
    if isinstance(url, KeyFile):
        file.create_keys(url.path, now=now, purpose=purpose)


def opened(
    url: SignerUrl, *, issuer: Callable[[], str], purpose: Purpose, base_url: str | None
) -> file.FileSigner | IamSigner | SecretSigner:
    """Open a signer; only a file is read now. Raises `KeyFileError`.

    A service account is for tokens whatever is wanted, and its own issuer.
    """
    if isinstance(url, KeyFile):
        return file.FileSigner(url.path, issuer=issuer, purpose=purpose)
    if isinstance(url, ServiceAccount):
        return IamSigner(url.email, base_url=base_url)
    return SecretSigner(url.version, issuer=issuer, purpose=purpose, base_url=base_url)


def rotate_file(url: KeyFile, *, purpose: PurposeName, now: datetime) -> str:
    """Add a signing key to a key file, and return its id. Raises `KeyFileError`."""
    return file.rotate_keys(url.path, now=now, purpose=_PURPOSES[purpose])


def rotate_kept(url: KeySecret, *, purpose: PurposeName, now: datetime, base_url: str | None) -> tuple[str, str]:
    """Add a version with a new signing key to a secret, and return the version's name and the key's id.

    Raises `KeysError` or `Unavailable`.
    """
    return rotate_secret(url.version, now=now, purpose=_PURPOSES[purpose], base_url=base_url)


def opened_for_receipts(url: SignerUrl, *, issuer: Callable[[], str], base_url: str | None) -> Signer:
    """Open what signs receipts. Raises `KeysError`."""
    return opened(url, issuer=issuer, purpose=RECEIPTS, base_url=base_url)


def made_for_webhooks(
    url: KeyFile | KeySecret | None, *, now: datetime, base_url: str | None
) -> file.FileSigner | SecretSigner | None:
    """Open what signs webhooks, where something does; a file is made and read now. Raises `KeyFileError`."""
    create(url, now=now, purpose=WEBHOOKS)
    if isinstance(url, KeySecret):
        return SecretSigner(url.version, issuer=str, purpose=WEBHOOKS, base_url=base_url)
    return file.FileSigner(url.path, issuer=str, purpose=WEBHOOKS) if url is not None else None


def examine(url: SignerUrl, *, purpose: PurposeName, base_url: str | None) -> Iterator[Diagnosis]:
    """Say whether what is kept at a URL signs. Keys that a first start would make are not made here."""
    from approvals.backends.signers import examining  # noqa: PLC0415 - `countersign doctor` alone needs it

    meant = _PURPOSES[purpose]
    if isinstance(url, KeyFile) and not url.path.exists():
        yield from examining.missing(str(url), meant, lambda: file.require_usable(url.path, purpose=meant))
        return

    def act() -> None:
        signer = opened(url, issuer=str, purpose=meant, base_url=base_url)
        if not isinstance(signer, file.FileSigner):
            signer.check()
        if isinstance(signer, IamSigner):
            return  # that was a signature
        if meant == WEBHOOKS:
            examining.stamps(signer)
        else:
            examining.signs(signer, meant)

    yield from examining.examine(str(url), meant, act)
