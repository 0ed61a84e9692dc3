"""What was claimed and not answered yet, so that a restart does not forget it: a file each, and no arguments."""

import fcntl
import hashlib
import os
import re
import secrets
import stat
import time
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

_KEPT = 30 * 86_400
"""Seconds for which a claim is kept that nobody asks about again: longer than any approval can be used."""

_LOCK = "lock"

_OURS = re.compile(r"[0-9a-f]{64}(\.new)?")
"""What a claim's file is called, or what was to become one: somebody may have other files in the folder."""


class Journal:
    """The open claims of one server's proxies on this machine. Several of them may share a folder."""

    def __init__(self, folder: Path) -> None:
        """Open it, made where there is none. Raises `OSError` where nothing is kept, or anybody may forge."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "it may not be written to", str(folder))
        if folder.stat().st_mode & stat.S_IWOTH:
            raise PermissionError(13, "everybody on this machine may write to it", str(folder))
        self._folder = folder
        self._under_way: dict[str, int] = {}
        self._tidy()

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
            self._under_way[call] = self._held(call)
            return True

    def answered(self, call: str) -> None:
        """Say that it is not under way any more, whatever came of it."""
        if (file := self._under_way.pop(call, None)) is not None:
            os.close(file)

    def is_under_way(self, call: str) -> bool:
        """Return whether another proxy on this machine has sent it and waits for its answer."""
        with self._alone():
            try:
                file = os.open(self._path(call), os.O_RDONLY)
            except FileNotFoundError:
                return False
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(file)
            return False

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

    def _held(self, call: str) -> int:
        """Hold what is written down of it, for as long as this process lives and does not let it go."""
        file = os.open(self._path(call), os.O_RDWR)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            os.close(file)
            raise
        return file

    def _tidy(self) -> None:
        """Forget what nobody has asked about for long."""
        before = time.time() - _KEPT
        with self._alone():
            for each in self._folder.iterdir():
                if _OURS.fullmatch(each.name) and each.stat().st_mtime < before:
                    each.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other proxy reads or writes claims of this folder meanwhile. It ends with whoever is killed."""
        file = self._locked()
        try:
            yield
        finally:
            os.close(file)

    def _locked(self) -> int:
        """Take the lock that stands there: whoever waited for one that was deleted keeps nobody out by it."""
        while True:
            file = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if self._stands(file):
                    return file
            except OSError:
                os.close(file)
                raise
            os.close(file)

    def _stands(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), (self._folder / _LOCK).stat())
        except FileNotFoundError:
            return False


def name_of(principal: str, call: Mapping[str, str]) -> str:
    """Return the name of a person's call, from which nobody learns its arguments.

    `call` holds the server, the tool and the canonical text of its arguments.
    """
    return hashlib.sha256(digest({"principal": principal, **call}).encode()).hexdigest()
