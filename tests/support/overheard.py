"""Stands between a client and a server that it starts, and keeps what they say: `overheard.py LOG COMMAND…`.

Nothing is changed. What the client says is in LOG.client, a line each, and what it hears in LOG.server.
"""

import subprocess
import sys
import threading
from typing import IO


def passed(said: IO[bytes], hears: IO[bytes], log: str) -> None:
    """Pass on all that is said."""
    with open(log, "ab", buffering=0) as kept:  # noqa: PTH123 - it imports next to nothing
        for line in said:
            kept.write(line)
            hears.write(line)
            hears.flush()
    hears.close()


def main() -> int:
    log, *command = sys.argv[1:]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    back = threading.Thread(target=passed, args=(server.stdout, sys.stdout.buffer, f"{log}.server"), daemon=True)
    back.start()
    passed(sys.stdin.buffer, server.stdin, f"{log}.client")
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
