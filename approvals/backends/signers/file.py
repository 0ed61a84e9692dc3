"""A signer whose keys are a JWK set in a file (RFC 7517)."""

import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from approvals.backends.signers import keyset
from approvals.backends.signers.keyset import Key, KeysError
from approvals.backends.signers.purposes import Purpose


class KeyFileError(KeysError):
    """The key file cannot be used; the text names the file and what would mend it."""


class FileSigner:
    """Signs with a local file. The file is read again when it changes, so a rotation needs no restart."""

    def __init__(self, path: Path, *, issuer: Callable[[], str], purpose: Purpose) -> None:
        """Open the key file; who issues is asked at the first use.

        Raises `KeyFileError` when the file is not there, open to others, no JWK set, or for another purpose.
        """
        self._issuer = issuer
        self._path, self._name = path, str(path)
        self._purpose = purpose
        self._stamp: tuple[int, int] = (0, 0)
        self._keys: tuple[Key, ...] = ()
        self._refresh()

    @property
    def issuer(self) -> str:
        """Who signs. Raises what `issuer` does."""
        return self._issuer()

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a compact JWS (RFC 7515) of the claims by the newest key."""
        return keyset.sign(self._refresh(), claims)

    def stamp(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of a message by the newest key, which must be one of webhooks.

        Raises `KeysError`.
        """
        return keyset.stamp(self._refresh(), message)

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token that one of our keys signed by ES256.

        Raises `Refused` with code `token` for everything else.
        """
        return keyset.verify(self._refresh(), token)

    def knows(self, kid: str) -> bool:
        """Whether a key of this id is in the file."""
        return any(key.kid == kid for key in self._refresh())

    def keys(self) -> Mapping[str, Any]:
        """The public keys as a JWK set."""
        return keyset.public(self._refresh())

    def _refresh(self) -> tuple[Key, ...]:
        try:
            status = os.stat(self._name)  # noqa: PTH116 - for each token that is read: the path is a text already
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                if not stat.S_ISREG(status.st_mode):
                    raise KeyFileError(f"{self._path} is no regular file: name a file for the keys")
                if status.st_mode & 0o077:
                    raise KeyFileError(f"{self._path} can be read by others: chmod 600 {self._path}")
                self._keys, self._stamp = _parse(self._path, self._purpose), stamp
        except OSError as error:
            if not self._keys:
                raise KeyFileError(f"{self._path} cannot be read: {error.strerror}") from error
        return self._keys


def require_usable(path: Path, *, purpose: Purpose) -> None:
    """Raise `KeyFileError` where keys of this purpose can be neither read nor made. Nothing is made."""
    if path.exists():
        FileSigner(path, issuer=str, purpose=purpose)
        return
    if path.is_symlink():
        raise KeyFileError(f"{path} is a symbolic link that leads to no file: remove it, or mend it")
    nearest = next(each for each in path.absolute().parents if each.exists() or each.is_symlink())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise KeyFileError(f"{path} cannot be made: {nearest} is no directory that this account can write")


def create_keys(path: Path, *, now: datetime, purpose: Purpose) -> bool:
    """Make a key file with one new key and mode 0600, unless there is one; say whether it was made.

    Raises `KeyFileError` when the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return not path.exists() and _write_new(path, keyset.first(now=now, purpose=purpose))
    except OSError as error:
        raise KeyFileError(f"{path} cannot be made: {error.strerror}") from error


def rotate_keys(path: Path, *, now: datetime, purpose: Purpose) -> str:
    """Add a new signing key and return its id. Replaced keys are kept for as long as their purpose needs them.

    Raises `KeyFileError` when the file cannot be read or written.
    """
    try:
        raw, kid = keyset.rotated(_parse(path, purpose), now=now)
        _temporary(path, raw).replace(path)
    except OSError as error:
        raise KeyFileError(f"{path} cannot be rotated: {error.strerror}") from error
    return kid


def _parse(path: Path, purpose: Purpose) -> tuple[Key, ...]:
    try:
        return keyset.parse(path.read_bytes(), where=str(path), purpose=purpose)
    except KeysError as error:
        raise KeyFileError(str(error)) from error


def _write_new(path: Path, raw: bytes) -> bool:
    made = _temporary(path, raw)
    try:
        os.link(made, path)
    except FileExistsError:
        return False
    finally:
        made.unlink()
    return True


def _temporary(path: Path, raw: bytes) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
