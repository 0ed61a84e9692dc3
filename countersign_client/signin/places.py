"""Which addresses a secret may be sent to: Google's by TLS, and a sandbox's on this machine."""

from urllib.parse import urlsplit

from countersign_client.errors import Unusable

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def safe(url: str, *, what: str) -> str:
    """Return an address that TLS guards, or that leaves this machine never. Raises `Unusable`."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not host or not secure or parts.username is not None or parts.fragment:
        raise Unusable(f"{what} is no address that starts with https://")
    return url
