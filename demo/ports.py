"""Free ports of loopback for programs that are yet to start."""

import secrets
import socket
from contextlib import suppress
from pathlib import Path

_GIVEN = Path("/proc/sys/net/ipv4/ip_local_port_range")
_CHOICE = secrets.SystemRandom()
"""Not the common one, which may be seeded alike in several processes."""


def free_port() -> int:
    """A port below those that the system gives out by itself (ip(7)): nobody gets it by chance meanwhile."""
    end = int(_GIVEN.read_text().split()[0]) if _GIVEN.exists() else 32_768
    while True:
        port = _CHOICE.randrange(min(10_000, end - 1000), end)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
