"""An upstream that is a program: it reads messages by line, and writes them by line."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from countersign_client.mcp.proxy import messages, strict
from countersign_client.mcp.proxy.errors import Lost, Unsent
from countersign_client.mcp.proxy.lines import Lines, TooLong
from countersign_client.mcp.proxy.messages import Told
from countersign_client.mcp.proxy.telling import Telling

_log = logging.getLogger(__name__)

INHERITED = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "USER")
"""What a program gets of our environment, and nothing else: keys and addresses of Countersign stay here."""

_PIECE = 64 * 1024
_GRACE = 2.0
"""Seconds that a program has for its end, once its input ended, and again once it was told by SIGTERM."""

_LOST = "the upstream ended before it answered"


def environment(environ: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return what the program starts with: what everybody needs, and what was given by name."""
    return {name: environ[name] for name in INHERITED if name in environ} | dict(given)


class Piped:
    """One run of a program. What it writes to its standard error goes where ours goes."""

    def __init__(self, process: asyncio.subprocess.Process, changed: Callable[[], None]) -> None:
        """Raises `Unsent` for a process that was not started with pipes."""
        if process.stdin is None or process.stdout is None:
            raise Unsent("the upstream has no pipes")
        self._process, self._input, self._output = process, process.stdin, process.stdout
        self._changed = changed
        self._last = 0
        self._waiting: dict[int, tuple[asyncio.Future[dict[str, Any]], Told | None]] = {}
        self._reading = asyncio.create_task(self._read())
        self._telling = Telling()

    @classmethod
    async def started(cls, command: Sequence[str], env: Mapping[str, str], changed: Callable[[], None]) -> Self:
        """Start it. Raises `Unsent` where there is no such program. `changed` is called when its tools change."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=env,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise Unsent(f"the upstream cannot be started: {error}") from None
        return cls(process, changed)

    @property
    def alive(self) -> bool:
        """Whether it may still answer."""
        return not self._reading.done()

    @property
    def headed(self) -> bool:
        """Whether headers go with what is sent: a pipe has none."""
        return False

    def untaken(self, _: Mapping[str, str]) -> None:
        """Nothing that goes by headers can be too large."""

    async def request(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        headers: Mapping[str, str],
        timeout: float,
        told: Told | None,
    ) -> dict[str, Any]:
        """Return its result. Raises `UpstreamError`. Headers are for those who are called over HTTP.

        `told` gets the progress that it tells of; its token is ours meanwhile.
        """
        self._last += 1
        number = self._last
        line = _line(messages.request(number, method, messages.with_token(params, number if told else None)))
        if not self.alive:
            raise Unsent("the upstream has ended")
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer, told
        try:
            async with asyncio.timeout(timeout):
                await self._write(line)
                return messages.result_of(await answer)
        except TimeoutError:
            self._cancel(number)
            raise Lost(f"the upstream did not answer within {timeout:g} seconds") from None
        except asyncio.CancelledError:
            self._cancel(number)
            raise
        finally:
            del self._waiting[number]

    async def notify(self, method: str, params: Mapping[str, Any], *, headers: Mapping[str, str]) -> None:
        """Tell it something that has no answer."""
        await self._write(_line(messages.notification(method, params)))

    async def aclose(self) -> None:
        """End it: its input first, then by signals, it and whatever it started."""
        self._input.close()
        for sent in (None, signal.SIGTERM):
            if sent is not None:
                self._signal(sent)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await self._process.wait()
                    break
        # Whatever it started may be there still.
        self._signal(signal.SIGKILL)
        await self._process.wait()
        self._reading.cancel()
        await asyncio.gather(self._reading, self._telling.aclose(), return_exceptions=True)

    def _signal(self, sent: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, sent)

    async def _write(self, line: bytes) -> None:
        try:
            self._input.write(line)
            await self._input.drain()
        except (OSError, RuntimeError):
            raise Lost(_LOST) from None

    def _cancel(self, number: int) -> None:
        params = {"requestId": number, "reason": "nobody waits for it any more"}
        with contextlib.suppress(OSError, RuntimeError):
            self._input.write(_line(messages.notification("notifications/cancelled", params)))

    async def _read(self) -> None:
        lines = Lines(messages.LARGEST)
        try:
            while piece := await self._output.read(_PIECE):
                for line in lines.of(piece):
                    self._take(line)
        finally:
            for answer, _ in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Lost(_LOST))

    def _take(self, line: bytes | TooLong) -> None:
        if isinstance(line, TooLong):
            said = f"the upstream sent a message of more than {messages.LARGEST // 1024 // 1024} MiB"
            self._spoilt(messages.number_in(line.start, line.end), said)
            return
        if not line.strip():
            return
        try:
            message = strict.read(line)
        except strict.Unfit as error:
            said = f"the upstream sent a message that cannot be taken: {error}"
            self._spoilt(messages.number_in(line[:512], line[-512:]), said)
            return
        if messages.is_answer(message):
            self._resolve(message)
        elif isinstance(message, dict) and isinstance(message.get("method"), str):
            self._heard(message)

    def _resolve(self, message: dict[str, Any]) -> None:
        answer, _ = self._waiting.get(message["id"], (None, None))
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _spoilt(self, number: int | None, said: str) -> None:
        _log.warning("%s", said)
        waiting = [self._waiting[number]] if number in self._waiting else []
        for answer, _ in waiting:
            if not answer.done():
                answer.set_exception(Lost(said))

    def _heard(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._telling.begin(self._write(_line(messages.reply(message))))
            return
        params = message.get("params")
        if message["method"] == "notifications/tools/list_changed":
            self._changed()
        elif message["method"] == "notifications/progress" and isinstance(params, dict):
            token = params.get("progressToken")
            _, told = self._waiting.get(token, (None, None)) if type(token) is int else (None, None)
            if told is not None:
                self._telling.begin(told(params))


def _line(message: bytes) -> bytes:
    return message + b"\n"
