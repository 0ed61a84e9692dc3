"""`countersign audit`: verify and export the audit chains."""

import json
import sys

import click
import msgspec

from approvals.errors import NotFound
from approvals.ports import Audit
from bot.cli.ends import refused
from bot.cli.lines import say
from countersign_client import chain as chains_of
from countersign_client.chain import ChainError


@click.group()
def audit() -> None:
    """Verify and export the audit chains."""


@audit.command()
def verify() -> None:
    """Check every chain against the head that its record names. Exit code 1 when one does not hold."""
    from approvals.backends.stores.errors import StoreError  # noqa: PLC0415 - the store loads when it is needed
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    broken, chains, entries = 0, 0, 0
    with opened(settings()) as store:
        for chain in store.chains():
            chains += 1
            try:
                entries += _verified(store, chain)
            except (ChainError, StoreError, NotFound) as error:
                broken += 1
                say(f"broken: {chain or 'the installation'}: {error}", err=True)
    click.echo(f"{chains} chains, {entries} entries, {broken} broken")
    sys.exit(1 if broken else 0)


@audit.command()
def export() -> None:
    """Print every entry as one JSON line, chain by chain, each with its own hash."""
    from approvals.backends.stores.errors import StoreError  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    try:
        with opened(settings()) as store:
            for chain in store.chains():
                for entry in store.entries(chain):
                    line = msgspec.to_builtins(entry) | {"hash": entry.hash}
                    click.echo(json.dumps(line, separators=(",", ":")))  # ASCII, which steers no terminal
    except StoreError as error:
        refused(error)


def _verified(store: Audit, chain: str) -> int:
    """Count the entries of a chain that holds.

    The store may be in use: a commit between the two reads looks like a break, but not twice.
    """
    try:
        return chains_of.verify(store.entries(chain), request=chain, head=store.head(chain))
    except ChainError:
        return chains_of.verify(store.entries(chain), request=chain, head=store.head(chain))
