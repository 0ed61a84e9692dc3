"""`countersign key`: rotate the signing keys."""

from collections.abc import Mapping
from datetime import UTC, datetime

import click

from bot.cli.ends import existing, refused
from bot.cli.lines import say
from bot.signer_urls import KeyFile, KeySecret, Purpose, ServiceAccount, SignerUrl

_TOKENS = "COUNTERSIGN_SIGNER"
_RECEIPTS = "COUNTERSIGN_RECEIPT_SIGNER"
_WEBHOOKS = "COUNTERSIGN_WEBHOOK_SIGNER"
_PURPOSES: Mapping[str, Purpose] = {_TOKENS: "tokens", _RECEIPTS: "receipts", _WEBHOOKS: "webhooks"}


@click.group()
def key() -> None:
    """Manage the signing keys."""


@key.command()
@click.option("--receipts", is_flag=True, help="Rotate what signs receipts (COUNTERSIGN_RECEIPT_SIGNER).")
@click.option("--webhooks", is_flag=True, help="Rotate what signs webhooks (COUNTERSIGN_WEBHOOK_SIGNER).")
def rotate(*, receipts: bool, webhooks: bool) -> None:
    """Add a new signing key, or the first one to an empty secret. The service picks it up by itself.

    Buttons signed before go on working, and receipts verify for ever: the old keys' public halves are kept. One
    goes at the first rotation when nothing that it signed can count any more: of tokens after 12 hours, of
    webhooks after a week, of receipts never. Until then one that leaked counts: docs/runbooks/key-leaked.md.
    """
    from bot.cli.opened import settings  # noqa: PLC0415

    if receipts and webhooks:
        raise click.UsageError("choose one of --receipts and --webhooks")
    read = settings()
    setting = next(name for name, chosen in _chosen(receipts=receipts, webhooks=webhooks) if chosen)
    url = {_RECEIPTS: read.receipt_signer, _WEBHOOKS: read.webhook_signer, _TOKENS: read.signer}[setting]
    if isinstance(url, KeyFile):
        _rotate_file(url, setting=setting)
    elif isinstance(url, KeySecret):
        _rotate_secret(url, setting=setting, base_url=read.google_api_base_url)
    else:
        refused(_nothing_to_rotate(url, setting=setting))


def _chosen(*, receipts: bool, webhooks: bool) -> tuple[tuple[str, bool], ...]:
    return ((_RECEIPTS, receipts), (_WEBHOOKS, webhooks), (_TOKENS, True))


def _nothing_to_rotate(url: SignerUrl | None, *, setting: str) -> click.ClickException:
    if isinstance(url, ServiceAccount):
        return click.ClickException(f"Google rotates the keys of {url.email} by itself")
    return click.ClickException(f"{setting} is not set: no key signs {_PURPOSES[setting]}")


def _rotate_file(url: KeyFile, *, setting: str) -> None:
    from approvals.backends.signers.keyset import KeysError  # noqa: PLC0415
    from bot.signers import rotate_file  # noqa: PLC0415

    existing(
        url.path,
        "key file",
        hint="run this in the folder where the service runs, or set its signer as it has it",
    )
    try:
        kid = rotate_file(url, purpose=_PURPOSES[setting], now=datetime.now(UTC))
    except KeysError as error:
        refused(error)
    say(f"{url.path}: key {kid} signs from now on")


def _rotate_secret(url: KeySecret, *, setting: str, base_url: str | None) -> None:
    from approvals.backends.signers.keyset import KeysError  # noqa: PLC0415
    from approvals.refusals.errors import Unavailable  # noqa: PLC0415
    from bot.signers import rotate_kept  # noqa: PLC0415

    try:
        version, kid = rotate_kept(url, purpose=_PURPOSES[setting], now=datetime.now(UTC), base_url=base_url)
    except (KeysError, Unavailable) as error:
        refused(error)
    say(f"{version}: key {kid}")
    if url.version.endswith("/latest"):
        say("It signs within five minutes.")
    else:
        say(f"It signs once {setting} names this version or `latest`: it names {url.version}.")
