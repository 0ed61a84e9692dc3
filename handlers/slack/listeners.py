"""Which function answers which payload, found at once by the payload's kind and name.

Bolt by itself makes a client of Slack's for each request, tries one listener after the other, and makes for each
of them every argument that any could ask for. So it is asked only for what nobody here listens for.
"""

from collections.abc import Callable, Mapping
from typing import Any

from handlers.later import Later
from handlers.slack.answers import Ack, Answer, answer

Listener = Callable[[Ack, dict[str, Any]], None]
Registering = Callable[[Listener], Listener]
Failed = Callable[[Exception, dict[str, Any]], Answer]
After = Callable[[dict[str, Any]], None]
_COMMAND = "command"


def _nothing(_: object) -> None:
    """What follows where nothing does."""


class Listeners:
    """The table. `failed` answers for every listener that raises.

    `others` connects those that are not connected yet: for what none of them listens for, or before it comes.
    """

    def __init__(self, failed: Failed, *, others: "Callable[[Listeners], object]" = _nothing) -> None:
        self.failed = failed
        self._after: After = _nothing
        self._table: dict[tuple[str, str], Listener] = {}
        self._others = others
        self.whole = Later(self._completed)
        """Connects the others, once."""

    def command(self, name: str) -> Registering:
        return self._for(_COMMAND, name)

    def shortcut(self, callback_id: str) -> Registering:
        """A shortcut in the menu of a message."""
        return self._for("message_action", callback_id)

    def event(self, name: str) -> Registering:
        """Something that happened, of which the Events API tells."""
        return self._for("event_callback", name)

    def followed_by(self, after: After) -> None:
        """Have something done after each listener, whether it raised or not; it must not raise, nor take long."""
        self._after = after

    def action(self, action_id: str) -> Registering:
        """A button, or a choice in a list."""
        return self._for("block_actions", action_id)

    def options(self, action_id: str) -> Registering:
        """What a list offers while somebody types."""
        return self._for("block_suggestion", action_id)

    def view(self, callback_id: str) -> Registering:
        """A form that was sent."""
        return self._for("view_submission", callback_id)

    def answer(self, body: dict[str, Any]) -> Answer | None:
        """What the payload's listener says; None where there is none."""
        named = _kind_and_name(body)
        listener = self._table.get(named) or self.whole().get(named)
        if listener is None:
            return None
        ack = Ack()
        try:
            listener(ack, body)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            return self.failed(error, body)
        finally:
            self._after(body)
        return ack.said or answer(200)

    def _completed(self) -> Mapping[tuple[str, str], Listener]:
        self._others(self)
        return self._table

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
        case "message_action":
            name = body.get("callback_id")
        case "event_callback":
            name = (body.get("event") or {}).get("type")
        case "view_submission":
            name = (body.get("view") or {}).get("callback_id")
    return (kind, name) if isinstance(kind, str) and isinstance(name, str) else ("", "")
