"""Where a server is reached over HTTP, and whose tokens it takes."""

from typing import NamedTuple
from urllib.parse import urlsplit

METADATA = "/.well-known/oauth-protected-resource"


class Place(NamedTuple):
    """Where clients reach a server (`url`, its canonical address), and whose tokens they bring (`issuer`)."""

    url: str
    issuer: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path or "/"

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def metadata(self) -> str:
        """Where it says whose tokens it takes (RFC 9728 section 3.1)."""
        return f"{self.origin}{METADATA}{urlsplit(self.url).path.rstrip('/')}"
