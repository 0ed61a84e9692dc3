"""`countersign key`: rotate the signing keys."""

from datetime import UTC, datetime

import click

from bot.cli.ends import existing, refused
from bot.cli.lines import say
from bot.signer_urls import KeyFile, KeySecret, ServiceAccount, SignerUrl


@click.group()
def key() -> None:
    """Manage the signing keys."""


@key.command()
@click.option("--receipts", is_flag=True, help="Rotate what signs receipts (COUNTERSIGN_RECEIPT_SIGNER).")
def rotate(*, receipts: bool) -> None:
    """Add a new signing key, or the first one to an empty secret. The service picks it up by itself.

    Buttons signed before go on working, and receipts verify for ever: the old keys' public halves are kept.
    """
    from bot.cli.opened import settings  # noqa: PLC0415

    read = settings()
    url = read.receipt_signer if receipts else read.signer
    if isinstance(url, KeyFile):
        _rotate_file(url, receipts=receipts)
    elif isinstance(url, KeySecret):
        _rotate_secret(url, receipts=receipts, base_url=read.google_api_base_url)
    else:
        refused(_nothing_to_rotate(url))


def _nothing_to_rotate(url: SignerUrl | None) -> click.ClickException:
    if isinstance(url, ServiceAccount):
        return click.ClickException(f"Google rotates the keys of {url.email} by itself")
    return click.ClickException("COUNTERSIGN_RECEIPT_SIGNER is not set: no key signs receipts")


def _rotate_file(url: KeyFile, *, receipts: bool) -> None:
    from approvals.backends.signers.keyset import KeysError  # noqa: PLC0415
    from bot.signers import rotate_file  # noqa: PLC0415

    existing(
        url.path,
        "key file",
        hint="run this in the folder where the service runs, or set its signer as it has it",
    )
    try:
        kid = rotate_file(url, receipts=receipts, now=datetime.now(UTC))
    except KeysError as error:
        refused(error)
    say(f"{url.path}: key {kid} signs from now on")


def _rotate_secret(url: KeySecret, *, receipts: bool, base_url: str | None) -> None:
    from approvals.backends.signers.keyset import KeysError  # noqa: PLC0415
    from approvals.errors import Unavailable  # noqa: PLC0415
    from bot.signers import rotate_kept  # noqa: PLC0415

    try:
        version, kid = rotate_kept(url, receipts=receipts, now=datetime.now(UTC), base_url=base_url)
    except (KeysError, Unavailable) as error:
        refused(error)
    say(f"{version}: key {kid}")
    if url.version.endswith("/latest"):
        say("It signs within five minutes.")
    else:
        name = "COUNTERSIGN_RECEIPT_SIGNER" if receipts else "COUNTERSIGN_SIGNER"
        say(f"It signs once {name} names this version or `latest`: it names {url.version}.")
