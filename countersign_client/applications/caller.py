"""What a client needs of whoever signs an application's calls."""

from typing import Protocol


class Caller(Protocol):
    """An application by one of its keys."""

    application: str
    """Its id in the policy."""

    def authorization(self, method: str, url: str, *, body: bytes, idempotency_key: str) -> str:
        """The value of `Authorization` for one call, made anew for each try."""
