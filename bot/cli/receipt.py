"""`countersign receipt`: make the receipt of a decision, and verify one offline."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from bot.cli.ends import refused, unusable

if TYPE_CHECKING:
    from collections.abc import Callable

    from approvals.ports.signing import Signer
    from approvals.ports.store import Store
    from bot.settings import Local
    from countersign_client.keys import Keys


@click.group()
def receipt() -> None:
    """Make and verify receipts, which anyone can check offline."""


@receipt.command()
@click.argument("request_id")
def show(request_id: str) -> None:
    """Print the receipt of a decided request, signed anew.

    It is a compact JWS.
    """
    from approvals.receipts import issue  # noqa: PLC0415
    from approvals.refusals.errors import NotFound, Refused, Unavailable  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415
    from handlers.wording.standing import reason_in_words  # noqa: PLC0415

    read = settings()
    with opened(read) as store:
        try:
            request, held = store.request(request_id), store.held(request_id)
            because, now = reason_in_words(request), datetime.now(UTC)
            click.echo(issue(request, because=because, held=held, signer=signer_of(read, store), now=now))
        except NotFound:
            refused(click.ClickException(f"there is no request {request_id}"))
        except (Refused, Unavailable) as error:
            refused(error)


@receipt.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--keys",
    "keys_file",
    type=click.Path(path_type=Path),
    help="The issuer's public keys: a saved copy of its /.well-known/jwks.json. Without it, our own.",
)
@click.option("--issuer", help="Who must have made it, as countersign:INSTANCE.")
def verify(file: BinaryIO, keys_file: Path | None, issuer: str | None) -> None:
    """Verify the receipt in FILE and say what it holds.

    As FILE, - is standard input. Exit code 1 when it does not hold.
    """
    from countersign_client.page import page  # noqa: PLC0415
    from countersign_client.receipts import ReceiptError  # noqa: PLC0415
    from countersign_client.receipts import verify as verified  # noqa: PLC0415
    from countersign_client.signed import LARGEST  # noqa: PLC0415

    keys = keys_of(None, keys_file)
    try:
        found = verified(file.read(LARGEST + 1).decode(errors="replace"), keys, issuer=issuer)
    except ReceiptError as error:
        refused(error)
    for line in page(found):
        click.echo(line)


def signer_of(read: "Local", store: "Store") -> "Signer":
    """What signs receipts, as this store's installation."""
    return _signer(read, issuer=lambda: f"countersign:{store.installation().instance}")


def keys_of(read: "Local | None", file: Path | None) -> "Keys":
    """The public keys of receipts in a file, or those of the signer that this machine is set up with."""
    if file is not None:
        return _keys(file)
    from bot.cli.opened import settings  # noqa: PLC0415

    return _own_keys(read or settings())


def _signer(read: "Local", *, issuer: "Callable[[], str]") -> "Signer":
    from approvals.backends.signers.keyset import KeysError  # noqa: PLC0415
    from bot.signers import opened_for_receipts  # noqa: PLC0415

    if read.receipt_signer is None:
        unusable(click.ClickException("COUNTERSIGN_RECEIPT_SIGNER is not set: nothing signs receipts"))
    try:
        return opened_for_receipts(read.receipt_signer, issuer=issuer, base_url=read.google_api_base_url)
    except KeysError as error:
        unusable(error)


def _keys(path: Path) -> "Keys":
    from countersign_client.keys import KeySetError, read_keys  # noqa: PLC0415

    try:
        return read_keys(path.read_bytes())
    except OSError as error:
        unusable(click.ClickException(f"{path} cannot be read: {error.strerror}"))
    except KeySetError as error:
        unusable(click.ClickException(f"{path}: {error}"))


def _own_keys(read: "Local") -> "Keys":
    from approvals.refusals.errors import Unavailable  # noqa: PLC0415
    from countersign_client.keys import read_keys  # noqa: PLC0415

    try:
        return read_keys(json.dumps(_signer(read, issuer=str).keys()).encode())
    except Unavailable as error:
        unusable(error)
