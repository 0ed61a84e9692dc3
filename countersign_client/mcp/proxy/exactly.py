"""Which part of a call's arguments canonical JSON (RFC 8785) cannot hold as it is, by its name."""

import math
from collections.abc import Iterable

_WHOLE = 2**53
"""From here on not every whole number has a place of its own among numbers of RFC 8785."""

_DEEPEST = 64


def unfit(value: object, path: str = "arguments") -> str | None:
    """Return a sentence about the first part that does not fit, by where it stands; None where all of it fits."""
    if isinstance(value, dict):
        return _member(value, path)
    if isinstance(value, list):
        return _first(((each, f"{path}[{at}]") for at, each in enumerate(value)), path)
    return _plain(value, path)


def _plain(value: object, path: str) -> str | None:
    if isinstance(value, str):
        return None if _is_whole(value) else f"{path} holds half of a character (a lone surrogate)."
    if isinstance(value, int):
        return None if -_WHOLE < value < _WHOLE else f"{path} is a whole number of 2^53 or more."
    if isinstance(value, float):
        return _number(value, path)
    return None if value is None else f"{path} is no value of JSON."


def _member(value: dict[object, object], path: str) -> str | None:
    for name in value:
        if not isinstance(name, str) or not _is_whole(name):
            return f"{path} has a member whose name holds half of a character (a lone surrogate)."
    return _first(((each, f"{path}.{str(name)[:60]}") for name, each in value.items()), path)


def _first(parts: Iterable[tuple[object, str]], path: str) -> str | None:
    if path.count(".") + path.count("[") > _DEEPEST:
        return f"{path[:60]}… is nested too deeply."
    return next((said for each, where in parts if (said := unfit(each, where)) is not None), None)


def _number(value: float, path: str) -> str | None:
    if not math.isfinite(value):
        return f"{path} is no number of JSON."
    if value == 0 and math.copysign(1, value) < 0:
        return f"{path} is minus zero, which canonical JSON has not."
    return None


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in text)
