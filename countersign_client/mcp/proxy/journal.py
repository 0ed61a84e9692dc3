"""What was claimed and not answered yet, so that a restart does not forget it: a file each, and no arguments."""

import hashlib
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from countersign_client import shapes
from countersign_client.canonical import digest


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A claim whose answer nobody got, as far as is known here: the request, when (RFC 3339), and whose it is."""

    request: str
    at: str
    by: str


class Journal:
    """The open claims of one server's proxies on this machine. Several of them may share a folder."""

    def __init__(self, folder: Path) -> None:
        """Open it, made where there is none. Raises `OSError` where nothing can be kept."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "it may not be written to", str(folder))
        self._folder = folder

    def opened(self, call: str) -> Open | None:
        """Return the claim of this call that is open. One that cannot be read is open as well."""
        try:
            return shapes.decode(self._path(call).read_bytes(), Open)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError):
            return Open(request="", at="", by="")

    def begin(self, call: str, request: str) -> str:
        """Write down that it is about to be claimed, and return by what; nothing where another one did.

        It is on the disk once this returns.
        """
        by = secrets.token_hex(8)
        told = Open(request=request, at=datetime.now(UTC).isoformat(timespec="seconds"), by=by)
        try:
            file = os.open(self._path(call), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return ""
        try:
            os.write(file, msgspec.json.encode(told))
            os.fsync(file)
        finally:
            os.close(file)
        self._keep_names()
        return by

    def end(self, call: str, by: str) -> None:
        """Forget this claim: somebody was told what came of it."""
        found = self.opened(call)
        if found is not None and found.by == by:
            self.forget(call)

    def forget(self, call: str) -> None:
        """Forget whosever claim it is."""
        self._path(call).unlink(missing_ok=True)

    def _path(self, call: str) -> Path:
        return self._folder / call

    def _keep_names(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def name_of(principal: str, call: Mapping[str, str]) -> str:
    """Return the name of a person's call, from which nobody learns its arguments.

    `call` holds the server, the tool and the canonical text of its arguments.
    """
    return hashlib.sha256(digest({"principal": principal, **call}).encode()).hexdigest()
