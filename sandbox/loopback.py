"""Who may call what the sandbox serves for everybody: this machine alone, and no web page from elsewhere."""

from urllib.parse import urlsplit

from starlette.requests import Request

NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_rebound(request: Request) -> bool:
    """Whether the caller uses a name that is not this machine's: a name of the web, bound to loopback."""
    return urlsplit(f"//{request.headers.get('host', '')}").hostname not in NAMES


def is_foreign(request: Request) -> bool:
    """Whether a page of another origin sends this."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")
