"""What a person typed and picked in a modal, as Slack's `state.values` holds it, and what Slack itself refuses."""

import re
from typing import Any

from sandbox.slack.records import Json

REQUIRED = "Please complete this required field."
TEXT = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input"})
ONE_OPTION = frozenset({"static_select", "external_select", "radio_buttons", "overflow"})
OPTIONS = frozenset({"multi_static_select", "multi_external_select", "checkboxes"})
# type → (key in state.values, key of what it starts with)
PICKS = {
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
}


def keys(element: Json) -> tuple[str, str]:
    """The key of an element's value in `state.values`, and the key of what it starts with."""
    kind = element["type"]
    if kind in TEXT:
        return "value", "initial_value"
    if kind in ONE_OPTION:
        return "selected_option", "initial_option"
    if kind in OPTIONS:
        return "selected_options", "initial_options"
    return PICKS.get(kind, ("", ""))


def options(element: Json) -> list[Json]:
    """The options that a static element offers."""
    grouped = [option for group in element.get("option_groups", ()) for option in group["options"]]
    return [*element.get("options", ()), *grouped]


def picked(element: Json, given: object, offered: list[Json]) -> object:
    """Options for values: a person picks what is offered, never something else. Raises `KeyError`."""
    by_value = {option["value"]: option for option in [*options(element), *offered]}
    kind = element["type"]
    if kind in ONE_OPTION and given is not None:
        return shown(by_value[_value(given)])
    if kind in OPTIONS and isinstance(given, list | tuple):
        return [shown(by_value[_value(one)]) for one in given]
    return given


def shown(option: Json) -> Json:
    """The option as payloads repeat it: a plain text always says whether it had emoji."""
    text = option["text"]
    return option | {"text": {"emoji": True} | text if text["type"] == "plain_text" else text}


def value(element: Json, given: object) -> Json:
    """One entry of `state.values`."""
    key, start = keys(element)
    start_value = element.get(start)
    if given is None and start_value is not None:
        given = shown(start_value) if key == "selected_option" else start_value
    if key == "selected_options" and given is None:
        given = []
    if key == "value" and given == "":
        given = None
    return {"type": element["type"], key: given} if key else {"type": element["type"]}


def complaint(block: Json, entry: Json) -> str:
    """What Slack's own client says beneath a field before it sends anything; empty when nothing."""
    element = block["element"]
    held: Any = entry.get(keys(element)[0])
    if not held:
        return "" if block.get("optional") else REQUIRED
    if element["type"] == "plain_text_input":
        if len(held) < element.get("min_length", 0):
            return f"Please enter at least {element['min_length']} characters."
        if len(held) > element.get("max_length", 3000):
            return f"Please enter at most {element.get('max_length', 3000)} characters."
    if element["type"] == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+", held):
        return "Please enter a valid email address."
    return ""


def _value(given: object) -> str:
    return str(given["value"] if isinstance(given, dict) else given)
