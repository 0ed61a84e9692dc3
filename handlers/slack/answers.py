"""What Slack is answered: a status, and a text or what it documents as JSON ("Responding to requests")."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

_TEXT, _JSON = "text/plain;charset=utf-8", "application/json;charset=utf-8"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`headers` are those beside the body's length, by their names in lower case."""

    status: int
    body: str
    headers: Mapping[str, str]


def answer(status: int, body: str | Mapping[str, Any] = "") -> Answer:
    """An answer that is a text, or JSON where it is a mapping."""
    text = body if isinstance(body, str) else json.dumps(body)
    kind = _TEXT if isinstance(body, str) else _JSON
    return Answer(status=status, body=text, headers={"content-type": kind})


class Ack:
    """Takes what a listener says of a payload. Bolt has one that says the same, and loads all of Bolt."""

    said: Answer | None = None

    def __call__(self, text: str = "", **members: object) -> None:
        """Answer with a text alone, or with these members of Slack's JSON; what is said last counts."""
        with_text = {"text": text} if text else {}
        self.said = answer(200, {**with_text, **members} if members else text)
