"""What is kept of a sign-in between commands: a file for this user alone, and the refresh token in the keyring.

Where the system has no keyring, or the library `keyring` is not installed, the file holds the token as well. It is
read only while nobody else of this machine may read it.
"""

import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from countersign_client import shapes
from countersign_client.errors import Unusable
from countersign_client.signin.desktop import Desktop

LARGEST = 64 * 1024
_SERVICE = "countersign"
_WRITING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_READING = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """How this user calls a service. `by` is a way to sign in; a person's has a client, and a refresh token.

    `refresh_token` is empty where the keyring holds it, under the name `kept_as`.
    """

    url: str
    by: str
    iap_client: str = ""
    proxy_authorization: bool = False
    client: Desktop | None = None
    refresh_token: str = ""
    kept_as: str = ""


def place(environment: Mapping[str, str]) -> Path:
    """Where the file is: `countersign/login.json` in the user's folder for settings (XDG_CONFIG_HOME)."""
    given = environment.get("XDG_CONFIG_HOME", "")
    folder = Path(given) if given else Path(environment.get("HOME") or Path.home()) / ".config"
    return folder / "countersign" / "login.json"


def keep(path: Path, login: Login, *, with_keyring: bool = True) -> Login:
    """Keep a sign-in, in place of another one; return it as it is kept. Raises `Unusable`."""
    forget(path)
    if login.refresh_token and with_keyring and (ring := _keyring()) is not None:
        name = f"{login.url} {secrets.token_hex(4)}"
        with suppress(Exception):  # a keyring that is locked, or refuses, is none
            ring.set_password(_SERVICE, name, login.refresh_token)
            login = msgspec.structs.replace(login, refresh_token="", kept_as=name)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, msgspec.json.encode(login))
    except OSError as error:
        raise Unusable(f"the sign-in cannot be kept at {path}: {error.strerror}") from error
    return login


def read(path: Path) -> Login:
    """Return the sign-in that is kept, with its refresh token. Raises `Unusable`."""
    try:
        login = shapes.decode(_read(path), Login)
    except FileNotFoundError:
        raise Unusable("nobody is signed in here: run countersign login") from None
    except OSError as error:
        raise Unusable(f"the sign-in at {path} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError:
        raise Unusable(f"{path} is no sign-in of this program: run countersign login again") from None
    if not login.kept_as:
        return login
    return msgspec.structs.replace(login, refresh_token=_of_keyring(login.kept_as))


def known(path: Path) -> Login | None:
    """The last sign-in, without its token; None where none can be read."""
    with suppress(OSError, Unusable, msgspec.MsgspecError):
        return msgspec.structs.replace(shapes.decode(_read(path), Login), refresh_token="", kept_as="")
    return None


def forget(path: Path) -> bool:
    """Forget the sign-in that is kept; return whether there was one. Raises `Unusable`."""
    with suppress(Exception):  # whatever is there, it goes, and a token without its file is found by nobody
        if (kept := shapes.decode(_read(path), Login).kept_as) and (ring := _keyring()) is not None:
            ring.delete_password(_SERVICE, kept)
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise Unusable(f"the sign-in at {path} cannot be removed: {error.strerror}") from error
    return True


def _of_keyring(name: str) -> str:
    ring = _keyring()
    try:
        found = ring.get_password(_SERVICE, name) if ring is not None else None
    except Exception as error:
        raise Unusable("the system's keyring does not open: unlock it, and run this again") from error
    if not found:
        raise Unusable("the system's keyring has this sign-in no longer: run countersign login")
    return str(found)


def _keyring() -> Any:
    """The system's keyring; None where there is none that is worth more than a file of this user's."""
    try:
        import keyring  # noqa: PLC0415 - it is slow to load, and not everybody has it

        ring = keyring.get_keyring()
        is_worth_it = ring.priority >= 1
    except Exception:  # noqa: BLE001 - it asks the system, and any answer but a keyring means there is none
        return None
    return ring if is_worth_it else None


def _write(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    opened = os.open(beside, _WRITING, 0o600)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _read(path: Path) -> bytes:
    with os.fdopen(os.open(path, _READING), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise Unusable(f"{path} is no plain file: remove it, and run countersign login again")
        # What another system says of owners and modes says nothing.
        if os.name == "posix" and about.st_uid != os.geteuid():
            raise Unusable(f"{path} belongs to somebody else: remove it, and run countersign login again")
        if os.name == "posix" and stat.S_IMODE(about.st_mode) & 0o077:
            raise Unusable(
                f"{path} may be read by others of this machine. If nobody did, run: chmod 600 {path}."
                " Otherwise sign in anew, and remove Countersign's client at https://myaccount.google.com/permissions"
            )
        return file.read(LARGEST)
