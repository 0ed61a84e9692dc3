"""`countersign mcp-proxy` as a process of its own, and an agent's end of its two pipes."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chaos.program import ROOT

UPSTREAM = Path(__file__).parent / "upstream.py"
SERVER = "crm"


class Front:
    """One life of a proxy before the tool that counts its runs in `folder`, where it keeps its claims as well."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        state, ledger = folder / "claims", folder / "ledger"
        options = ["--name", SERVER, "--state", str(state), "--with-receipt", "--timeout", "20"]
        upstream = [sys.executable, "-S", "-E", str(UPSTREAM), str(ledger)]
        with (folder / "proxy.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "bot", "mcp-proxy", *options, "--", *upstream],
                cwd=ROOT,
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
            )
        self._last, self._rest = 0, b""

    def ask(self, method: str, **params: Any) -> int:
        """Ask something, and return the number of its answer. Raises `BrokenPipeError` where it has ended."""
        self._last += 1
        self._say({"id": self._last, "method": method, "params": params})
        return self._last

    def begin(self) -> None:
        """Begin a session. Raises `OSError` or `EOFError`."""
        client = {"name": "chaos", "version": "1"}
        number = self.ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
        while self.heard(number, 1.0) is None:
            pass
        self._say({"method": "notifications/initialized"})

    def heard(self, number: int, seconds: float) -> dict[str, Any] | None:
        """The answer, where it comes within so many seconds. Raises `EOFError` where none comes any more."""
        out = self._process.stdout
        if out is None or not select.select([out], [], [], seconds)[0]:
            return None
        came = os.read(out.fileno(), 65_536)
        if not came:
            raise EOFError
        *lines, self._rest = (self._rest + came).split(b"\n")
        return next((each for each in map(json.loads, lines) if each.get("id") == number), None)

    def kill(self) -> None:
        """End it at once. What it had said by then is heard still."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it as a client does, and for good whatever it does then."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def _say(self, message: Mapping[str, Any]) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
