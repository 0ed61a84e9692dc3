"""Which function answers which payload, found at once by the payload's kind and name.

Bolt by itself tries one listener after the other, and for each of them makes every argument that any could ask
for. This is a middleware of Bolt's in their place. What nobody here knows goes on through Bolt, which says so.
"""

from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import Ack, BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware

Listener = Callable[[Ack, dict[str, Any]], None]
Registering = Callable[[Listener], Listener]
_COMMAND = "command"


class Listeners(Middleware):
    """The table. What a listener raises is answered by the app's error handler, as of any middleware."""

    def __init__(self) -> None:
        self._table: dict[tuple[str, str], Listener] = {}

    def command(self, name: str) -> Registering:
        return self._for(_COMMAND, name)

    def action(self, action_id: str) -> Registering:
        """A button, or a choice in a list."""
        return self._for("block_actions", action_id)

    def options(self, action_id: str) -> Registering:
        """What a list offers while somebody types."""
        return self._for("block_suggestion", action_id)

    def view(self, callback_id: str) -> Registering:
        """A form that was sent."""
        return self._for("view_submission", callback_id)

    def process(
        self,
        *,
        req: BoltRequest,
        resp: BoltResponse,
        next: Callable[[], object],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        listener = self._table.get(_kind_and_name(req.body))
        if listener is None:
            next()
            return resp
        ack = req.context.ack
        listener(ack, req.body)
        return ack.response or resp

    def _for(self, kind: str, name: str) -> Registering:
        def register(listener: Listener) -> Listener:
            self._table[kind, name] = listener
            return listener

        return register


def _kind_and_name(body: Mapping[str, Any]) -> tuple[str, str]:
    """What a payload is of, by the members that Slack documents; empty where they are not there."""
    kind = body.get("type") or (_COMMAND if "command" in body else "")
    name: object = None
    match kind:
        case "command":
            name = body["command"]
        case "block_actions":
            name = body["actions"][0].get("action_id") if body.get("actions") else None
        case "block_suggestion":
            name = body.get("action_id")
        case "view_submission":
            name = (body.get("view") or {}).get("callback_id")
    return (kind, name) if isinstance(kind, str) and isinstance(name, str) else ("", "")
