"""What a workspace holds: messages, views, triggers, and the errors that its API answers with."""

from typing import Any

import msgspec

Json = dict[str, Any]


class SlackError(Exception):
    """A refusal, as the Web API says it: an error code, and for arguments the list of what is wrong."""

    def __init__(self, code: str, *messages: str, **extra: Any) -> None:
        super().__init__(code, *messages)
        self.code = code
        self.messages = messages
        self.extra = extra

    def answer(self) -> Json:
        """The body that Slack sends with HTTP 200."""
        body: Json = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body |= {"errors": list(self.messages), "response_metadata": {"messages": list(self.messages)}}
        return body


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message; `to` is the only person who sees it when it is ephemeral, `app_id` is empty for people's."""

    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    metadata: Json | None = None
    thread_ts: str = ""
    to: str = ""
    app_id: str = ""
    bot_id: str = ""
    edited: str = ""

    def json(self, team: str) -> Json:
        """The message object of `chat.postMessage` and of `block_actions`."""
        body: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": team}
        if self.app_id:
            body |= {"app_id": self.app_id, "bot_id": self.bot_id}
        optional = {
            "blocks": list(self.blocks),
            "attachments": list(self.attachments),
            "metadata": self.metadata,
            "thread_ts": self.thread_ts,
            "edited": {"user": self.bot_id, "ts": self.edited} if self.edited else None,
        }
        return body | {key: value for key, value in optional.items() if value}

    def elements(self) -> list[tuple[Json, Json]]:
        """Every (block, element) that a person can operate."""
        return elements(list(self.blocks) + [b for a in self.attachments for b in a.get("blocks", ())])


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One modal of a person's stack, or their Home tab; `sent` is exactly what the app gave."""

    id: str
    user: str
    hash: str
    root: str
    previous: str = ""
    sent: Json


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """What lets the app open a modal: single use, for three seconds."""

    user: str
    made: float
    view: str = ""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A `response_url`: five uses in half an hour."""

    user: str
    channel: str
    ts: str = ""
    made: float
    uses: int = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a person's act, as that person sees it.

    `error` is empty, or Slack's word for it (`operation_timeout`, `dispatch_failed`, ...); `errors` are the
    sentences beneath a modal's fields; `options` answer a type-ahead; `view` is the modal now open;
    `status` and `body` are the app's raw acknowledgement.
    """

    ok: bool
    error: str = ""
    errors: dict[str, str] = {}
    options: list[Json] = []
    view: Json | None = None
    status: int = 0
    body: str = ""


def elements(blocks: list[Json]) -> list[tuple[Json, Json]]:
    """Every (block, element) with an `action_id`, in the order in which they stand."""
    found = []
    for block in blocks:
        inside = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
        found += [(block, one) for one in inside if isinstance(one, dict) and "action_id" in one]
    return found
