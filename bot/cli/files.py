"""Files that a command is given, what was found in them, and files that it writes."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from bot.cli.ends import unusable

_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""What a file system that knows no hard links says to one, such as FAT, or a share of another machine."""


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
    Where a file system cannot tell that it is not overwritten, it ends so before anything is asked for.
    """
    if not overwrite and os.path.lexists(file):
        unusable(click.ClickException(f"{file} is there already: name another file, or say --overwrite"))
    try:
        number, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".part")
        try:
            with os.fdopen(number, "wb") as written:
                if not overwrite:
                    _require_links(beside, file)
                yield written
                written.flush()
                os.fsync(written.fileno())
            _put(beside, file, overwrite=overwrite)
        finally:
            Path(beside).unlink(missing_ok=True)
    except OSError as error:
        unusable(click.ClickException(f"{file} cannot be written: {error.strerror}"))


def _require_links(beside: str, file: Path) -> None:
    """End the command where a name cannot be given to a file without taking it from another one."""
    link = Path(f"{beside}.link")
    try:
        link.hardlink_to(beside)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        told = (
            f"{file}: this file system has no hard links, so that a file which somebody makes meanwhile would be"
            " lost. Say --overwrite where that is right, or name another folder."
        )
        unusable(click.ClickException(told))
    link.unlink()


def _put(beside: str, file: Path, *, overwrite: bool) -> None:
    """Give a file its name. Raises `FileExistsError` for what somebody else has made meanwhile."""
    if overwrite:
        Path(beside).replace(file)
    else:
        file.hardlink_to(beside)
