"""What was claimed and not answered yet, so that a restart does not forget it: a file each, and no arguments."""

import errno
import fcntl
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from countersign_client import shapes
from countersign_client.canonical import digest
from countersign_client.mcp.proxy.writing import forget_old, write


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A claim whose answer nobody got, as far as is known here: of which request, and since when (RFC 3339).

    By its `key` it is the same claim however often it is made. `sent`: the call may have reached the upstream.
    """

    request: str
    at: str
    key: str
    sent: bool


_UNREADABLE = Open(request="", at="", key="", sent=True)

_LOCK = "lock"

_NO_FOLDERS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP})
"""What a file system says that locks files alone (flock(2), on NFS)."""


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
        self._kept: dict[str, int] = {}
        with self._alone():
            forget_old(folder)

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
        """Write down that it is about to be sent. False of a claim that somebody else has sent, or ended.

        It is kept from other proxies until it is ended, or let go.
        """
        with self._alone():
            found = self.opened(call)
            if found is None or found.key != key or found.sent:
                return False
            self._write(call, msgspec.structs.replace(found, sent=True))
            self._kept[key] = self._held(call)
            return True

    def let_go(self, key: str) -> None:
        """Say that nobody can have the answer to this claim from here any more."""
        if (file := self._kept.pop(key, None)) is not None:
            os.close(file)

    def take_over(self, call: str, key: str) -> Literal["taken", "kept", "gone"]:
        """Forget a claim that was sent, to say that nobody knows what came of it; `taken` for one caller alone.

        It is `kept` while another proxy on this machine waits for its answer or has it still, and `gone` once
        somebody was told.
        """
        self.let_go(key)
        with self._alone():
            found = self.opened(call)
            if found is None or found.key != key:
                return "gone"
            if self._is_kept(call):
                return "kept"
            self._path(call).unlink(missing_ok=True)
            return "taken"

    def end(self, call: str, key: str) -> None:
        """Forget this claim: somebody was told what came of it, or nothing ever can."""
        with self._alone():
            found = self.opened(call)
            if found is not None and found.key == key:
                self._path(call).unlink(missing_ok=True)
        self.let_go(key)

    def close(self) -> None:
        """Let everything go, as the end of this process does."""
        for key in tuple(self._kept):
            self.let_go(key)

    def _path(self, call: str) -> Path:
        return self._folder / call

    def _write(self, call: str, told: Open) -> None:
        write(self._path(call), msgspec.json.encode(told))

    def _held(self, call: str) -> int:
        """Hold what is written down of it, for as long as this process lives and does not let it go."""
        file = os.open(self._path(call), os.O_RDWR)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            os.close(file)
            raise
        return file

    def _is_kept(self, call: str) -> bool:
        file = os.open(self._path(call), os.O_RDONLY)
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other proxy reads or writes claims of this folder meanwhile. It ends with whoever is killed.

        The folder itself is locked: a file in it can be deleted while somebody holds it, which lets others in. One
        is locked as well, for some network file systems lock no folders.
        """
        folder = self._locked(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            file = self._locked(self._folder / _LOCK, os.O_RDWR | os.O_CREAT)
            try:
                yield
            finally:
                os.close(file)
        finally:
            os.close(folder)

    def _locked(self, path: Path, how: int) -> int:
        """Take the lock that stands there: whoever waited for one that was deleted keeps nobody out by it."""
        while True:
            opened = os.open(path, how, 0o600)
            try:
                _lock(opened, needed=not how & os.O_DIRECTORY)
                if _stands(opened, path):
                    return opened
            except OSError:
                os.close(opened)
                raise
            os.close(opened)


def _lock(opened: int, *, needed: bool) -> None:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
    except OSError as error:
        if needed or error.errno not in _NO_FOLDERS:
            raise


def _stands(opened: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(opened), path.stat())
    except FileNotFoundError:
        return False


def name_of(principal: str, call: Mapping[str, str]) -> str:
    """Return the name of a person's call, from which nobody learns its arguments.

    `call` holds the agent, the server, the tool and the canonical text of its arguments.
    """
    return hashlib.sha256(digest({"principal": principal, **call}).encode()).hexdigest()
