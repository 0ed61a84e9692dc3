"""Running the service."""

import gc
import os

import click

from bot.cli.ends import unusable


@click.command()
def serve() -> None:
    """Run the service. Settings come from the environment: docs/settings.md lists them."""
    # What a start loads stays: looking through it for garbage, again and again, is a tenth of the start.
    gc.disable()
    from bot.serve import StartError  # noqa: PLC0415 - every other command starts without it
    from bot.serve import serve as run  # noqa: PLC0415

    try:
        run(os.environ)
    except StartError as error:
        unusable(error)
