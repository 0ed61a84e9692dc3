"""The client's calls, for what stands behind a port: no whole answer is `Unavailable` here."""

import socket
from collections.abc import Mapping

from approvals.refusals.errors import Unavailable
from countersign_client import calls
from countersign_client.calls import Response

__all__ = ["Response", "send", "upgraded"]


def send(
    method: str, url: str, *, timeout: float, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Response:
    """Make one call, as `countersign_client.calls.send` does. Raises `Unavailable` when no whole answer came."""
    try:
        return calls.send(method, url, timeout=timeout, headers=headers, body=body)
    except calls.NoAnswer as error:
        raise Unavailable(str(error)) from error


def upgraded(
    url: str, *, timeout: float, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str], socket.socket]:
    """Ask for another protocol, as `countersign_client.calls.upgraded` does. Raises `Unavailable`."""
    try:
        return calls.upgraded(url, timeout=timeout, headers=headers)
    except calls.NoAnswer as error:
        raise Unavailable(str(error)) from error
