"""Slack's limits on messages and views (docs.slack.dev, Block Kit reference): lengths, counts, unique ids."""

import json
from collections.abc import Iterator
from typing import Any

from sandbox.slack import schema

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_LENGTH = 13_000  # of all blocks together; undocumented, measured by others: see `too_long`
POST_TEXT = 40_000  # beyond it a posted text is cut
UPDATE_TEXT = 4_000  # beyond it `chat.update` refuses
VIEW_BYTES = 250_000
TEXT_OBJECT = 3000  # any text object, where no shorter limit is given
OPTION = {"text": 75, "value": 75, "description": 75, "url": 3000}
CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
ID = 255

LENGTHS: dict[str, dict[str, int]] = {
    "section": {"text": 3000},
    "header": {"text": 150},
    "button": {"text": 75, "value": 2000, "url": 3000, "accessibility_label": 75},
    "workflow_button": {"text": 75, "accessibility_label": 75},
    "input": {"label": 2000, "hint": 2000},
    "image": {"alt_text": 2000, "title": 2000, "image_url": 3000},
    "markdown": {"text": 12_000},
    "plain_text_input": {"initial_value": 3000, "placeholder": 150},
    "home": {"private_metadata": 3000, "callback_id": 255},
    "modal": {"title": 24, "submit": 24, "close": 24, "private_metadata": 3000, "callback_id": 255},
}
COUNTS: dict[str, dict[str, int]] = {
    "section": {"fields": 10},
    "context": {"elements": 10},
    "actions": {"elements": 25},
    "context_actions": {"elements": 5},
    "overflow": {"options": 5},
    "checkboxes": {"options": 10},
    "radio_buttons": {"options": 10},
}
# Text that may be empty: a value that nobody reads aloud.
MAY_BE_EMPTY = frozenset({"private_metadata", "initial_value", "callback_id", "external_id"})


def message_problems(blocks: object) -> list[str]:
    """What Slack would refuse in the blocks of a message; empty when nothing."""
    if not isinstance(blocks, list):
        return ["[ERROR] must be an array [json-pointer:/blocks]"]
    found = _shapes(blocks) or list(dict.fromkeys(_limits(blocks, at="/blocks", most=MESSAGE_BLOCKS)))
    return found + _alerts(blocks, at="/blocks")


def _alerts(blocks: list[Any], *, at: str) -> list[str]:
    """An alert is for modals alone."""
    return [
        f"[ERROR] unsupported type: alert [json-pointer:{at}/{index}/type]"
        for index, block in enumerate(blocks)
        if isinstance(block, dict) and block.get("type") == "alert"
    ]


def too_long(blocks: list[Any]) -> bool:
    """Whether all blocks together are more than one message holds (`msg_blocks_too_long`).

    Slack documents no number. A lone markdown block was taken up to 13,297 characters, and each further block
    counted with its own structure (github.com/slackapi/bolt-js, issues 2509 and 2867).
    """
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > MESSAGE_LENGTH


def view_problems(view: object) -> list[str]:
    """What Slack would refuse in a modal; empty when nothing."""
    found, shaped = _of_view("ModalView", view)
    if shaped and "submit" not in shaped and any(block["type"] == "input" for block in shaped["blocks"]):
        found.append("[ERROR] missing required field: submit [json-pointer:/view]")
    return found


def home_problems(view: object) -> list[str]:
    """What Slack would refuse in a Home tab; empty when nothing."""
    found, shaped = _of_view("HomeView", view)
    return found + _alerts(shaped.get("blocks", []), at="/view/blocks")


def _of_view(name: str, view: object) -> tuple[list[str], dict[str, Any]]:
    """What is wrong with a view, and the view, where it has the shape of one at all."""
    found = schema.problems(name, view, at="/view")
    if found or not isinstance(view, dict):
        return found, {}
    found = list(_lengths(view["type"], view, "/view"))
    return found + list(_limits(view["blocks"], at="/view/blocks", most=VIEW_BLOCKS)), view


def view_too_large(view: dict[str, Any]) -> bool:
    """Whether the view is above the 250 kB that Slack takes."""
    return len(json.dumps(view)) > VIEW_BYTES


def option_problems(answer: object) -> list[str]:
    """What Slack would refuse in the answer to a `block_suggestion`."""
    if not isinstance(answer, dict) or not ("options" in answer) ^ ("option_groups" in answer):
        return ["[ERROR] must hold options or option_groups"]
    select = {"type": "static_select", "action_id": "suggested", **answer}
    found = schema.problems("StaticSelect", select, at="")
    # No match is an answer: the person reads that there are no results.
    return found or [one for one in dict.fromkeys(_walk(select, "")) if "at least 1" not in one]


def _shapes(blocks: list[Any]) -> list[str]:
    return [
        problem
        for index, block in enumerate(blocks)
        for problem in schema.problems("KnownBlock", block, at=f"/blocks/{index}")
    ]


def _limits(blocks: list[dict[str, Any]], *, at: str, most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"[ERROR] no more than {most} items allowed [json-pointer:{at}]"
    for index, block in enumerate(blocks):
        yield from _walk(block, f"{at}/{index}")
        actions = [node["action_id"] for node in _nodes(block) if "action_id" in node]
        yield from (_twice("action_id", one, f"{at}/{index}") for one in _repeated(actions))
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    yield from (_twice("block_id", one, at) for one in _repeated(ids))


def _repeated(ids: list[str]) -> list[str]:
    return sorted({one for one in ids if ids.count(one) > 1})


def _twice(field: str, value: str, at: str) -> str:
    return f"[ERROR] `{field}` {value} already exists [json-pointer:{at}]"


def _nodes(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        yield from (found for value in node.values() for found in _nodes(value))
    elif isinstance(node, list):
        yield from (found for value in node for found in _nodes(value))


def _walk(node: object, at: str) -> Iterator[str]:
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _walk(item, f"{at}/{index}")
    elif isinstance(node, dict):
        yield from _node(node, at)
        for key, value in node.items():
            yield from _walk(value, f"{at}/{key}")


def _node(node: dict[str, Any], at: str) -> Iterator[str]:
    kind = str(node.get("type", ""))
    yield from _lengths(kind, node, at)
    yield from _counts(kind, node, at)
    for field in ("block_id", "action_id"):
        yield from _length(node.get(field), f"{at}/{field}", most=ID)
    if kind == "section" and not ("text" in node or "fields" in node):
        yield f"[ERROR] missing required field: text [json-pointer:{at}]"
    for index, text in enumerate(node.get("fields") or () if kind == "section" else ()):
        yield from _length(text, f"{at}/fields/{index}/text", most=2000)
    if isinstance(node.get("confirm"), dict) and "title" in node["confirm"]:
        yield from _fields(node["confirm"], CONFIRM, f"{at}/confirm")


def _lengths(kind: str, node: dict[str, Any], at: str) -> Iterator[str]:
    limits = LENGTHS.get(kind, {})
    if kind in {"mrkdwn", "plain_text"}:
        limits = {"text": TEXT_OBJECT}
    elif kind.endswith(("_select", "_input", "picker")) and "placeholder" in node:
        limits = limits | {"placeholder": 150}
    elif not kind and "value" in node and "text" in node:
        limits = OPTION
    elif not kind and "options" in node and "label" in node:
        limits = {"label": 75}
    yield from _fields(node, limits, at)


def _fields(node: dict[str, Any], limits: dict[str, int], at: str) -> Iterator[str]:
    for field, most in limits.items():
        yield from _length(node.get(field), f"{at}/{field}", most=most, least=field not in MAY_BE_EMPTY)


def _length(value: object, at: str, *, most: int, least: bool = True) -> Iterator[str]:
    if isinstance(value, dict):
        value, at = value.get("text"), f"{at}/text"
    if not isinstance(value, str):
        return
    if len(value) > most:
        yield f"[ERROR] must be less than {most + 1} characters [json-pointer:{at}]"
    if least and not value:
        yield f"[ERROR] must be more than 0 characters [json-pointer:{at}]"


def _counts(kind: str, node: dict[str, Any], at: str) -> Iterator[str]:
    limits = dict(COUNTS.get(kind, {}))
    if kind.endswith("static_select") or not kind:
        limits |= {"options": 100, "option_groups": 100}
    for field, most in limits.items():
        held = node.get(field)
        if not isinstance(held, list):
            continue
        if len(held) > most:
            yield f"[ERROR] no more than {most} items allowed [json-pointer:{at}/{field}]"
        if not held and kind:
            yield f"[ERROR] must have at least 1 items [json-pointer:{at}/{field}]"
