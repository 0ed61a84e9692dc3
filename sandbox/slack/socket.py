"""Socket Mode: the app connects outward, and each envelope goes to one of its connections."""

import asyncio
import json
import random
import secrets
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack.outward import Kind
from sandbox.slack.records import Json

MOST = 10  # connections of one app


class Connections:
    """The app's open connections and the envelopes that wait for an acknowledgement."""

    def __init__(self, *, app_id: str) -> None:
        self.app_id = app_id
        self._lock = threading.Condition()
        self._tickets: set[str] = set()
        self._open: list[tuple[WebSocket, asyncio.AbstractEventLoop]] = []
        self._waiting: dict[str, Future[Json | None]] = {}

    def routes(self) -> list[BaseRoute]:
        """Routes below `/slack`."""
        return [WebSocketRoute("/socket", self._serve)]

    def ticket(self, host: str) -> str:
        """A single-use address to connect to."""
        ticket = secrets.token_urlsafe(16)
        with self._lock:
            self._tickets.add(ticket)
        return f"ws://{host}/slack/socket?ticket={ticket}&app_id={self.app_id}"

    def connected(self) -> bool:
        """Whether the app has a connection open."""
        with self._lock:
            return bool(self._open)

    def wait(self, *, seconds: float = 60) -> None:
        """Wait until the app listens. Raises `TimeoutError`."""
        with self._lock:
            if not self._lock.wait_for(lambda: bool(self._open), timeout=seconds):
                raise TimeoutError("no connection of the app")

    def drop(self) -> None:
        """Close the app's connections, as Slack does every few hours: first it says so, then it hangs up."""
        with self._lock:
            leaving = list(self._open)
        for socket, loop in leaving:
            asyncio.run_coroutine_threadsafe(_hang_up(socket), loop)

    def send(self, kind: Kind, payload: Json, *, seconds: float) -> Json | None:
        """Send one envelope over a connection chosen at random. Raises `TimeoutError` without an answer."""
        envelope_id = secrets.token_hex(16)
        answer: Future[Json | None] = Future()
        with self._lock:
            if not self._open:
                raise TimeoutError
            socket, loop = random.choice(self._open)
            self._waiting[envelope_id] = answer
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": _answers(kind, payload),
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": 0, "retry_reason": ""}
        asyncio.run_coroutine_threadsafe(socket.send_text(json.dumps(envelope)), loop)
        try:
            return answer.result(timeout=seconds)
        except FutureTimeout:
            raise TimeoutError from None
        finally:
            self._waiting.pop(envelope_id, None)

    async def _serve(self, socket: WebSocket) -> None:
        with self._lock:
            known = socket.query_params.get("ticket", "") in self._tickets and len(self._open) < MOST
            self._tickets.discard(socket.query_params.get("ticket", ""))
        if not known:
            await socket.close(code=1008)
            return
        await socket.accept()
        one = (socket, asyncio.get_running_loop())
        with self._lock:
            self._open.append(one)
            self._lock.notify_all()
            count = len(self._open)
        try:
            await socket.send_text(json.dumps(self._hello(count)))
            while True:
                self._acknowledged(await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            with self._lock:
                self._open.remove(one)

    def _hello(self, count: int) -> Json:
        debug = {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060}
        told: dict[str, Any] = {"type": "hello", "num_connections": count, "debug_info": debug}
        return told | {"connection_info": {"app_id": self.app_id}}

    def _acknowledged(self, text: str) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            return
        answer = self._waiting.get(said.get("envelope_id", "")) if isinstance(said, dict) else None
        if answer and not answer.done():
            answer.set_result(said.get("payload"))


async def _hang_up(socket: WebSocket) -> None:
    await socket.send_text(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))
    await socket.close()


def _answers(kind: Kind, payload: Json) -> bool:
    return kind == "slash_commands" or payload.get("type") in ("view_submission", "block_suggestion")
