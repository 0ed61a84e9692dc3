"""The pieces that the schema of the policy file is made of."""

from collections.abc import Mapping
from typing import Any

from approvals.policy.reading import keys
from approvals.policy.reading.keys import Keys
from approvals.policy.reading.reminders import HOURS, STEEPEST
from approvals.policy.reading.values import CHANNEL

TEXT = {"type": "string", "minLength": 1}
DURATION = {**TEXT, "description": "90m, 1h30m, 2 hours or ISO 8601 PT1H30M", "examples": ["1h", "90m"]}
_SELECTOR = {**TEXT, "description": "an address, user:A@X, group:NAME, group:NAME@DOMAIN or domain:DOMAIN"}
SELECTORS = {"type": "array", "items": _SELECTOR, "minItems": 1}
ANY_SELECTORS = {"type": "array", "items": _SELECTOR}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}


_STAGE = {
    "approvers": SELECTORS,
    "needed": {"type": "integer", "minimum": 1, "default": 1},
    "sign": {"const": "typed"},
}


def stage() -> dict[str, Any]:
    """One stage of an approval."""
    beside = {"order": {"const": "any"}, "not_same": {**TEXT, "description": "a group, such as group:sre"}}
    return mapping(keys.STAGE, {**_STAGE, **beside})


def stage_of_action() -> dict[str, Any]:
    """One stage of an action's approval."""
    return mapping(keys.STAGE_OF_ACTION, _STAGE)


def email() -> dict[str, Any]:
    """When people are reached by mail."""
    return {
        "oneOf": [
            {"enum": ["always", "never"]},
            mapping(keys.EMAIL, {"after": DURATION, "copy": {"const": "requester"}}),
        ]
    }


def calling() -> dict[str, Any]:
    """When people are reminded, and whom is told besides."""
    hours = {**matching(HOURS), "examples": ["09:00-18:00", "Mon-Fri 09:00-18:00"]}
    factor = {"type": "integer", "minimum": 1, "maximum": STEEPEST, "default": 2}
    remind = mapping(keys.REMIND, {"first": DURATION, "factor": factor, "hours": hours})
    escalate = mapping(keys.ESCALATE, {"after": DURATION, "to": SELECTORS, "channel": matching(CHANNEL)})
    never = {"const": "never"}
    return {"remind": {"oneOf": [never, remind]}, "escalate": {"oneOf": [never, escalate]}}


def limit(*, usual: int, most: int) -> dict[str, Any]:
    """One of some limits."""
    return {"type": "integer", "minimum": 1, "maximum": most, "default": usual}


def line(longest: int) -> dict[str, Any]:
    """A text that people read."""
    return {**TEXT, "maxLength": longest}


def matching(pattern: str) -> dict[str, Any]:
    """A text of a fixed shape."""
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def mapping(keys: Keys, shapes: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with these keys and no other."""
    if shapes.keys() != set(keys.known):
        raise ValueError(f"a shape for each key, and for no other: {shapes.keys() ^ set(keys.known)}")
    return {
        "type": "object",
        "properties": {key: shapes[key] for key in keys.known},
        "required": list(keys.required),
        "additionalProperties": False,
    }
