"""What people see of messages and forms."""

from collections.abc import Iterator
from typing import Any

from sandbox.slack.records import Message


def buttons(message: Message) -> set[str]:
    """The actions that a message offers."""
    return {element["action_id"] for _, element in message.elements()}


def words(message: Message) -> str:
    """Every text of a message's blocks, one after the other."""
    return "\n".join(_texts(list(message.blocks))) or message.text


def view_words(view: dict[str, Any] | None) -> str:
    """Every text of a form."""
    return "\n".join(_texts((view or {}).get("blocks", [])))


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _texts(each)
    elif isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node["text"]
        for value in node.values():
            yield from _texts(value)
