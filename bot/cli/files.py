"""A policy file that a command is given, and what was found in it."""

from pathlib import Path

import click

from bot.cli.ends import unusable


def read_file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        unusable(click.ClickException(f"{file} cannot be read: {error.strerror}"))


def counted(*, errors: int, warnings: int) -> str:
    kinds = {"error": errors, "warning": warnings}
    found = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items() if count]
    return ", ".join(found) or "no problems"
