"""Files that a command is given, what was found in them, and files that it writes."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

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


@contextmanager
def whole(file: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """A file that its owner alone can read, and that is there whole or not at all.

    Ends the command with exit code 2 where it cannot be written, or is there already and may not be overwritten.
    """
    if not overwrite and os.path.lexists(file):
        unusable(click.ClickException(f"{file} is there already: name another file, or say --overwrite"))
    try:
        number, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".part")
        try:
            with os.fdopen(number, "wb") as written:
                yield written
                written.flush()
                os.fsync(written.fileno())
            _put(beside, file, overwrite=overwrite)
        finally:
            Path(beside).unlink(missing_ok=True)
    except OSError as error:
        unusable(click.ClickException(f"{file} cannot be written: {error.strerror}"))


def _put(beside: str, file: Path, *, overwrite: bool) -> None:
    """Give a file its name. Raises `FileExistsError` for what somebody else has made meanwhile."""
    if overwrite:
        Path(beside).replace(file)
    else:
        file.hardlink_to(beside)
