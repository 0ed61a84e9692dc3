"""What was claimed and not answered yet, so that a restart does not forget it: a file each, and no arguments."""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from countersign_client import shapes
from countersign_client.canonical import digest


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A claim whose answer nobody got, as far as is known here: of which request, and since when (RFC 3339).

    By its `key` it is the same claim however often it is made. `sent`: the call may have reached the upstream.
    """

    request: str
    at: str
    key: str
    sent: bool


_UNREADABLE = Open(request="", at="", key="", sent=True)


class Journal:
    """The open claims of one server's proxies on this machine. Several of them may share a folder."""

    def __init__(self, folder: Path) -> None:
        """Open it, made where there is none. Raises `OSError` where nothing can be kept."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "it may not be written to", str(folder))
        self._folder = folder

    def opened(self, call: str) -> Open | None:
        """Return the claim of this call that is open. One that cannot be read may have been sent."""
        try:
            return shapes.decode(self._path(call).read_bytes(), Open)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError):
            return _UNREADABLE

    def begin(self, call: str, request: str) -> Open | None:
        """Write down that it is about to be claimed, and return by which key; None where another claim is open.

        What was begun for this request before, and was never sent, goes on by its key. It is on the disk once
        this returns.
        """
        with self._alone():
            found = self.opened(call)
            if found is not None:
                return found if found.request == request and not found.sent else None
            at = datetime.now(UTC).isoformat(timespec="seconds")
            made = Open(request=request, at=at, key=secrets.token_urlsafe(24), sent=False)
            self._write(call, made)
            return made

    def sending(self, call: str, key: str) -> bool:
        """Write down that it is about to be sent. False of a claim that somebody else has sent, or ended."""
        with self._alone():
            found = self.opened(call)
            if found is None or found.key != key or found.sent:
                return False
            self._write(call, msgspec.structs.replace(found, sent=True))
            return True

    def end(self, call: str, key: str) -> None:
        """Forget this claim: somebody was told what came of it, or nothing ever can."""
        with self._alone():
            found = self.opened(call)
            if found is not None and found.key == key:
                self._path(call).unlink(missing_ok=True)

    def _path(self, call: str) -> Path:
        return self._folder / call

    def _write(self, call: str, told: Open) -> None:
        fresh = self._folder / f"{call}.new"
        # A disk that is about to be full takes a part of one write, and says so of the next one only.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(told))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path(call))
        self._keep_names()

    def _keep_names(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other proxy reads or writes claims of this folder meanwhile. It ends with whoever is killed."""
        file = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)


def name_of(principal: str, call: Mapping[str, str]) -> str:
    """Return the name of a person's call, from which nobody learns its arguments.

    `call` holds the server, the tool and the canonical text of its arguments.
    """
    return hashlib.sha256(digest({"principal": principal, **call}).encode()).hexdigest()
