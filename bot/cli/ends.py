"""How a command ends when it cannot go on."""

import sys
from pathlib import Path
from typing import NoReturn

import click


def unusable(error: Exception) -> NoReturn:
    """End with exit code 2: what was given cannot be used."""
    click.echo(f"countersign: {error}", err=True)
    sys.exit(2)


def refused(error: Exception) -> NoReturn:
    """End with exit code 1: the command was understood and failed."""
    click.echo(f"countersign: {error}", err=True)
    sys.exit(1)


def existing(path: Path, what: str) -> Path:
    """Return the path of a file that must be there, or end with exit code 2."""
    if not path.is_file():
        click.echo(f"countersign: there is no {what} at {path}", err=True)
        sys.exit(2)
    return path
