"""JSON of which nobody can doubt what it means, so that what people approve is what runs."""

import json
import math
from typing import Any


class Ambiguous(ValueError):
    """JSON that two readers could take for two things. `read` is what one of them has; the text says why."""

    def __init__(self, said: str, read: Any) -> None:
        super().__init__(said)
        self.read = read


def exactly(text: bytes | str) -> Any:
    """Read JSON in which no member stands twice, and no number is NaN or infinite.

    Raises `Ambiguous` for such, since readers differ in which of two members they take (RFC 8259 section 4), and
    `ValueError` or `RecursionError` for what is no JSON.
    """
    found = _Doubts()
    value = json.loads(
        text, object_pairs_hook=found.members, parse_constant=found.constant, parse_float=found.number
    )
    if found.said:
        raise Ambiguous(found.said, value)
    return value


class _Doubts:
    """Reads as every reader does, and remembers the first thing that another one could read otherwise."""

    said = ""

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                said = f"The member {name[:100]!r} stands twice in one object: nobody could say which is meant."
                self._doubt(said)
            found[name] = value
        return found

    def constant(self, text: str) -> float:
        self._doubt(f"{text} is no number that JSON has.")
        return 0.0

    def number(self, text: str) -> float:
        found = float(text)
        if not math.isfinite(found):
            self._doubt(f"{text[:40]} is larger than any number that is read everywhere.")
        return found

    def _doubt(self, said: str) -> None:
        self.said = self.said or said
