"""A message of the workspace as its people read it: plain words, and buttons by their names."""

import re
from typing import Any


def actions(message: dict[str, Any]) -> set[str]:
    return {element.get("action_id", "") for element in elements(message)}


def elements(message: dict[str, Any]) -> list[dict[str, Any]]:
    blocks = message.get("blocks", [])
    return [each for block in blocks for each in (*block.get("elements", []), block.get("accessory")) if each]


def plain(message: dict[str, Any]) -> str:
    """The words of a message's blocks, a line for each text or field; without blocks, its text."""
    lines = [line for block in message.get("blocks", []) for line in _lines(block) if line.strip()]
    return "\n".join(lines) or str(message.get("text", ""))


def _lines(block: dict[str, Any]) -> list[str]:
    if block["type"] == "actions":
        return ["  ".join(f"[ {element['text']['text']} ]" for element in block["elements"])]
    if block["type"] == "rich_text":
        return [line for element in block["elements"] for line in _rich(element)]
    inside = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
    button = [f"[ {block['accessory']['text']['text']} ]"] if "accessory" in block else []
    return [_readable(text["text"]) for text in inside if text] + button


def _rich(element: dict[str, Any]) -> list[str]:
    """The lines of a rich text: a list's items one below the other, dates by their fallback."""
    if element["type"] == "rich_text_list":
        return [f"• {line}" for item in element["elements"] for line in _rich(item)]
    mark = "> " if element["type"] == "rich_text_quote" else ""
    text = "".join(part.get("text") or part.get("fallback", "") for part in element["elements"])
    return [mark + line for line in text.splitlines()]


def _readable(text: str) -> str:
    """Undo Slack's markup as its own client would: bold words, dates by their fallback, escapes."""
    text = re.sub(r"<!date\^[^|>]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"^\*([^*]+)\*", r"\1", text)
    return text.replace("`", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
