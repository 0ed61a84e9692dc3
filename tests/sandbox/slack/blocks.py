"""Blocks and views that tests vary."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str = "words", **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}, **more}


def button(action_id: str = "approve", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain("Approve"), **more}


def actions(*elements: Json, block_id: str = "decide") -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def select(**more: Any) -> Json:
    return {"type": "external_select", "action_id": "what", "min_query_length": 0, **more}


def option(value: str, text: str = "") -> Json:
    return {"text": plain(text or value), "value": value}


def text_input(action_id: str = "why", **more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": action_id, **more}


def field(element: Json, **more: Any) -> Json:
    return {
        "type": "input",
        "block_id": element["action_id"],
        "label": plain("Field"),
        "element": element,
        **more,
    }


def modal(*blocks: Json, **more: Any) -> Json:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Form"),
        "submit": plain("Send"),
        "blocks": list(blocks),
        **more,
    }
