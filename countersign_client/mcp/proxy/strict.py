"""JSON that means one thing to whoever reads it: no member twice, no number that is none (RFC 8259, RFC 7493)."""

import json
import math
import re
from collections.abc import Iterable
from itertools import chain
from typing import Any, NoReturn

_DEEPEST = 128
"""Lists and objects within each other. Readers differ in how many they follow; many give up at 200."""

_HALF = re.compile("[\ud800-\udfff]")


class Unfit(ValueError):
    """A text that is no JSON, or not the same JSON to everybody. The message names what is wrong, and no value."""


def read(text: bytes) -> Any:
    """Return the value. Raises `Unfit`. Integers stay whole however long they are; strings stay as they came."""
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except Unfit:
        raise
    except RecursionError:
        raise Unfit("it is nested too deeply") from None
    except ValueError as error:
        raise Unfit(f"it is no JSON: {_where(error)}") from None
    if text.count(b"[") + text.count(b"{") > _DEEPEST and _is_deep(value):
        raise Unfit("it is nested too deeply")
    return value


def written(value: Any) -> bytes:
    """Return the value as one line of JSON, in ASCII. Raises `Unfit` where JSON has no such value."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    except RecursionError:
        raise Unfit("it is nested too deeply") from None
    except (ValueError, TypeError):
        raise Unfit("it holds what JSON has not") from None


def whole(value: Any) -> Any:
    """Return the value with every half of a character as U+FFFD: UTF-8 has no form for it, JSON in ASCII has."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(_HALF.sub("\ufffd", text)) if _HALF.search(text) else value


def _is_deep(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(_DEEPEST + 1):
        level = [each for each in level if isinstance(each, dict | list)]
        if not level:
            return False
        level = list(chain.from_iterable(map(_held, level)))
    return True


def _held(value: Any) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Unfit(f"the member {_named(name)} stands twice in one object")
            seen.add(name)
    return found


def _constant(name: str) -> NoReturn:
    raise Unfit(f"{name} is no number of JSON")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Unfit("a number is larger than any that a computer keeps exactly")
    return number


def _named(name: str) -> str:
    return json.dumps(name if len(name) <= 60 else name[:60] + "…")


def _where(error: ValueError) -> str:
    return f"at octet {error.pos}" if isinstance(error, json.JSONDecodeError) else "it is not UTF-8, or too long"
