"""What is kept on the disk: files that are whole or not there, for their owner alone, and for a while."""

import os
import re
import secrets
import time
from pathlib import Path

_OURS = re.compile(r"[0-9a-f]{64}((\.[0-9a-f]{8})?\.new)?")
"""What a file of ours is called, or what was to become one: somebody may have other files in the folder."""

_KEPT = 30 * 86_400
"""Seconds for which a file is kept that nobody writes again: longer than any approval can be used."""


def write(path: Path, octets: bytes) -> None:
    """Have a file hold this, on the disk once it returns. Raises `OSError`, and then it holds what it did."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        # A disk that is about to be full takes a part of one write, and says so of the next one only.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    _keep_names(path.parent)


def forget_old(folder: Path) -> None:
    """Take away what nobody has written for long. Another process may do the same."""
    before = time.time() - _KEPT
    for each in folder.iterdir():
        if _OURS.fullmatch(each.name) and _written(each) < before:
            each.unlink(missing_ok=True)


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _keep_names(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
