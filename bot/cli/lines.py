"""What commands print: a line for each text, whoever wrote it."""

import click

from countersign_client.lines import fit


def say(text: object, *, err: bool = False) -> None:
    """Print a text on one line of its own."""
    click.echo(fit(text), err=err)
