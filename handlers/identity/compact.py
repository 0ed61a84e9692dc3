"""The parts of a compact token (RFC 7515, 7519), read strictly, whoever's it is: nothing is proven by it."""

import json
from typing import Any

from countersign_client.jws import octets

CARRIERS = ("crit", "jwk", "jku", "x5u", "x5c", "b64", "zip")
"""Members of a header that bring a key along, or change how the rest is read (RFC 7515 section 4.1)."""

DEEPEST = 32
"""Levels of what a token holds. Keycloak's roles lie three deep."""


def read(part: str) -> dict[str, Any]:
    """The JSON object in a header or in claims. Raises `ValueError` for what is none, or too deep, or names a
    member twice at any depth, or holds what can be neither written nor digested.
    """
    try:
        found = json.loads(octets(part).decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - the text is wrong, whatever it holds
    _require_shallow(found)
    # Half of a character can be neither written nor digested.
    json.dumps(found, ensure_ascii=False).encode()
    return found


def _require_shallow(found: Any) -> None:
    """Raise for what is nested deeper than any claim. How deep Python reads, its version says."""
    level = [found]
    for _ in range(DEEPEST):
        held = [each for each in level if isinstance(each, dict | list)]
        level = [inner for each in held for inner in (each.values() if isinstance(each, dict) else each)]
        if not level:
            return
    raise ValueError("nested too deep")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands there twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")
