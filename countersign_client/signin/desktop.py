"""The desktop client of Google's by which people sign in: the file `client_secret.json` of Google's console."""

from pathlib import Path

import msgspec

from countersign_client import objects, shapes
from countersign_client.errors import Unusable
from countersign_client.signin.endpoint import TOKEN
from countersign_client.signin.places import safe

AUTH = "https://accounts.google.com/o/oauth2/v2/auth"
LARGEST = 64 * 1024

_AGAIN = "make an OAuth client of the type Desktop app in IAP's project, and download its file"


class Desktop(msgspec.Struct, frozen=True, kw_only=True):
    """An OAuth client. Its secret stands in every copy of a program, and so is none (RFC 8252 section 8.5)."""

    client_id: str
    client_secret: str
    auth_uri: str = AUTH
    token_uri: str = TOKEN


def read(path: Path) -> Desktop:
    """Read the file of a desktop client. Raises `Unusable`."""
    try:
        with path.open("rb") as file:
            told = objects.of(file.read(LARGEST))
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from error
    if told is None:
        raise Unusable(f"{path} is no file of an OAuth client: {_AGAIN}")
    if "web" in told:
        raise Unusable(f"{path} is of a web client, which cannot return to this machine: {_AGAIN}")
    if "type" in told:
        raise Unusable(f"{path} is a key of a service account: name it in GOOGLE_APPLICATION_CREDENTIALS instead")
    try:
        return checked(shapes.convert(told["installed"], Desktop))
    except (KeyError, msgspec.ValidationError):
        raise Unusable(f"{path} is no file of a desktop client: {_AGAIN}") from None


def checked(client: Desktop) -> Desktop:
    """Return a client whose addresses may be used. Raises `Unusable`."""
    safe(client.auth_uri, what="the client's auth_uri")
    safe(client.token_uri, what="the client's token_uri")
    return client
