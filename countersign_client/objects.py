"""JSON as services and tokens have it: one object, or nothing that is of use here."""

import json
from typing import Any


def of(text: bytes) -> dict[str, Any] | None:
    """The object that a text is; None for a text that is none, however it is spoilt or nested."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
