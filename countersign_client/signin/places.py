"""Which addresses a secret may be sent to: Google's by TLS, and a sandbox's on this machine."""

from urllib.parse import urlsplit

from countersign_client.calls import THIS_MACHINE
from countersign_client.errors import Unusable


def safe(url: str, *, what: str) -> str:
    """Return an address that TLS guards, or that leaves this machine never. Raises `Unusable`."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in THIS_MACHINE)
    if not host or not secure or parts.username is not None or parts.fragment:
        raise Unusable(f"{what} is no address that starts with https://")
    return url
