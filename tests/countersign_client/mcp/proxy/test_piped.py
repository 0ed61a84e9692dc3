"""A program as upstream: what it gets of our environment, and how it ends."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from countersign_client.mcp.proxy import piped
from countersign_client.mcp.proxy.errors import Lost, Unsent
from countersign_client.mcp.proxy.meeting import meet
from countersign_client.mcp.proxy.piped import Piped, environment
from tests.countersign_client.mcp.proxy.proxied import command

SECRETS = {"COUNTERSIGN_APP_KEY": "/keys/assistant.jwk", "COUNTERSIGN_ON_BEHALF_TOKEN": "/t", "AWS_SECRET": "s"}


def test_a_program_gets_none_of_our_secrets(tmp_path: Path) -> None:
    given = environment({**os.environ, **SECRETS}, {"ITS_OWN": "yes"})

    async def main() -> dict[str, str]:
        upstream = await Piped.started(command(tmp_path / "ledger"), given, lambda: None)
        try:
            told = await upstream.request("environment", {}, headers={}, timeout=20, told=None)
        finally:
            await upstream.aclose()
        found: dict[str, str] = told["environment"]
        return found

    found = asyncio.run(main())
    assert found["ITS_OWN"] == "yes"
    assert not SECRETS.keys() & found.keys()
    assert not any(name.startswith("COUNTERSIGN") for name in found)


def test_a_program_that_is_not_there_is_named() -> None:
    async def main() -> None:
        with pytest.raises(Unsent, match="cannot be started"):
            await Piped.started(["/nowhere/at/all"], {}, lambda: None)

    asyncio.run(main())


def test_a_program_that_ends_at_once_is_lost() -> None:
    async def main() -> None:
        upstream = await Piped.started([sys.executable, "-c", "pass"], {}, lambda: None)
        try:
            with pytest.raises((Lost, Unsent)):
                await meet(upstream)
        finally:
            await upstream.aclose()

    asyncio.run(main())


def test_a_program_that_does_not_want_to_end_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piped, "_GRACE", 0.1)
    stubborn = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        f"open({str(tmp_path / 'pids')!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "time.sleep(60)\n"
    )

    async def main() -> None:
        upstream = await Piped.started([sys.executable, "-S", "-c", stubborn], {}, lambda: None)
        while not (tmp_path / "pids").exists() or (tmp_path / "pids").read_text().count("\n") < 2:
            await asyncio.sleep(0.01)
        await upstream.aclose()

    asyncio.run(main())

    # The signal is sent; the kernel ends them when it comes to it.
    while any(_runs(int(number)) for number in (tmp_path / "pids").read_text().split()):
        time.sleep(0.01)


def _runs(number: int) -> bool:
    """Whether it still does; one that nobody looked after yet does not."""
    try:
        state = Path(f"/proc/{number}/stat").read_text()
    except FileNotFoundError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"
