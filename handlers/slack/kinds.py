"""Which payloads the app knows at all. Bolt takes much of their shape for granted, and fails on another."""

from collections.abc import Mapping
from typing import Any

from handlers.slack.bodies import Garbage


class Unknown(Exception):
    """A payload of a kind that this app has no use for; the text names the kind."""


def require_known(parsed: Mapping[str, Any]) -> None:
    """Raises `Unknown` for another kind, `Garbage` where a known kind lacks what Bolt looks for."""
    if is_command(parsed):
        return
    kind = parsed.get("type", "")
    if not isinstance(kind, str) or kind not in _SHAPES:
        raise Unknown(named(parsed))
    if not _SHAPES[kind](parsed):
        raise Garbage(f"a {kind} without what it always has")


def is_command(parsed: Mapping[str, Any]) -> bool:
    """Whether it is a slash command, the one kind that names no type."""
    return isinstance(parsed.get("command"), str) and not parsed.get("type")


def named(parsed: Mapping[str, Any]) -> str:
    """Name the kind for the log, by a word of ours: nothing of a body gets there."""
    if is_command(parsed):
        return "slash command"
    kind = parsed.get("type", "")
    return kind if isinstance(kind, str) and kind in _NAMES else "unheard of"


def _is_click(parsed: Mapping[str, Any]) -> bool:
    actions = parsed.get("actions")
    return isinstance(actions, list) and bool(actions) and all(map(_is_action, actions)) and _may_have_view(parsed)


def _is_action(one: object) -> bool:
    return isinstance(one, dict) and isinstance(one.get("action_id"), str)


def _may_have_view(parsed: Mapping[str, Any]) -> bool:
    view = parsed.get("view")
    return view is None or isinstance(view, dict)


def _is_form(parsed: Mapping[str, Any]) -> bool:
    view = parsed.get("view")
    return isinstance(view, dict) and view.get("type") == "modal"


def _is_shortcut(parsed: Mapping[str, Any]) -> bool:
    return isinstance(parsed.get("callback_id"), str) and isinstance(parsed.get("message"), dict)


def _is_event(parsed: Mapping[str, Any]) -> bool:
    return isinstance(parsed.get("event"), dict)


def _is_challenge(parsed: Mapping[str, Any]) -> bool:
    return isinstance(parsed.get("challenge"), str)


_SHAPES = {
    "block_actions": _is_click,
    "block_suggestion": _may_have_view,
    "view_submission": _is_form,
    "view_closed": _is_form,
    "event_callback": _is_event,
    "message_action": _is_shortcut,
    "url_verification": _is_challenge,
}
"""The kinds of payloads beside slash commands, and what each is asked for."""

_NAMES = frozenset(
    {
        *_SHAPES,
        "app_rate_limited",
        "dialog_cancellation",
        "dialog_submission",
        "dialog_suggestion",
        "interactive_message",
        "shortcut",
        "workflow_step_edit",
    }
)
"""Kinds that Slack documents."""
