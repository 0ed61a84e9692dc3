"""`countersign audit`: verify and export the audit chains, and make checkpoints of them."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from bot.cli.ends import refused, unusable
from bot.cli.lines import say

if TYPE_CHECKING:
    from approvals.ports.store import Store
    from bot.settings import Local
    from countersign_client.checkpoints import Checkpoint


@click.group()
def audit() -> None:
    """Verify and export the audit chains, and make checkpoints."""


@audit.command()
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), help="What `audit checkpoint` printed before, kept elsewhere."
)
@click.option(
    "--keys",
    type=click.Path(path_type=Path),
    help="What verifies the checkpoint: a saved copy of /.well-known/jwks.json. Without it, our own keys.",
)
def verify(*, checkpoint: Path | None, keys: Path | None) -> None:
    """Look for what was changed or removed in the store.

    Each record is held against its chain of entries, and each chain against what the service noted of it. Exit
    code 1 when something does not hold. What changed within the last minutes may not be noted (anchored) yet.
    """
    from approvals.auditing.audits import Inspection  # noqa: PLC0415 - the store loads when it is needed
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    read, broken = settings(), set()
    with opened(read) as store:
        known = _checkpoint(checkpoint, keys, read, store) if checkpoint else None
        inspection = Inspection(store, checkpoint=known)
        for fault in inspection.faults():
            broken.add(fault.chain)
            say(f"broken: {fault.chain or 'the installation'}: {fault.text}", err=True)
    chains = f"{inspection.chains} chain{'' if inspection.chains == 1 else 's'}"
    entries = f"{inspection.entries} entr{'y' if inspection.entries == 1 else 'ies'}"
    click.echo(f"{chains}, {entries}, {len(broken)} broken, {inspection.young} not anchored yet")
    sys.exit(1 if broken else 0)


@audit.command()
def checkpoint() -> None:
    """Print the signed head of everything, to keep elsewhere.

    It is a compact JWS. `audit verify --checkpoint FILE` then finds whatever of it is gone or was changed.
    """
    from approvals.auditing.checkpoints import issue  # noqa: PLC0415
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415
    from bot.cli.receipt import signer_of  # noqa: PLC0415

    read = settings()
    with opened(read) as store:
        try:
            click.echo(issue(store, signer=signer_of(read, store), now=datetime.now(UTC)))
        except CountersignError as error:
            refused(error)


@audit.command()
def export() -> None:
    """Print every entry as one JSON line with its own hash.

    Chain by chain, in the order of what happened in each.
    """
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    with opened(settings()) as store:
        for chain in store.chains():
            for entry in store.entries(chain):
                line = msgspec.to_builtins(entry) | {"hash": entry.hash}
                click.echo(json.dumps(line, separators=(",", ":")))  # ASCII, which steers no terminal


def _checkpoint(file: Path, keys: Path | None, read: "Local", store: "Store") -> "Checkpoint":
    from bot.cli.receipt import keys_of  # noqa: PLC0415
    from countersign_client.checkpoints import CheckpointError  # noqa: PLC0415
    from countersign_client.checkpoints import verify as verified  # noqa: PLC0415

    try:
        text = file.read_bytes().decode(errors="replace")
    except OSError as error:
        unusable(click.ClickException(f"{file} cannot be read: {error.strerror}"))
    try:
        return verified(text, keys_of(read, keys), issuer=f"countersign:{store.installation().instance}")
    except CheckpointError as error:
        refused(click.ClickException(f"{file} is no checkpoint of this store: {error}"))
