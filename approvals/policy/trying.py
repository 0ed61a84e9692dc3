"""Whether a guardrail can be answered at all: one that compiles may fail whatever is asked, and so only refuse.

What a function makes of a text that stands in the policy is tried by itself, for `&&` and `||` may hide that it
fails. Then the whole is tried with some values.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from approvals.cel import CelError, Kind, Rule
from approvals.policy.comparing import Piece, pieces
from approvals.policy.guardrails import Compiled

_SOME = datetime(2026, 3, 2, 9, tzinfo=UTC)
_PARTS = ("FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes", "Seconds")
_TRIED: Mapping[str, str] = {
    "duration": 'duration({0}) == duration("0s")',
    "timestamp": "timestamp({0}) == now",
    "matches": '"".matches({0})',
    **{f"get{part}": f"now.get{part}({{0}}) >= 0" for part in _PARTS},
}
"""What is tried of a function behind which a text stands."""

_READERS = frozenset(("bool", "double", "duration", "int", "timestamp", "uint"))
"""Functions that read a text of one shape, which no value that is tried may have."""

_VALUES: tuple[Mapping[Kind, object], ...] = (
    {"text": "x", "texts": ["x"] * 9, "time": _SOME, "flag": True},
    {"text": "x", "texts": ["x"] * 9, "time": _SOME, "flag": False},
    {"text": "", "texts": [], "time": _SOME, "flag": True},
    {"text": "", "texts": [], "time": _SOME, "flag": False},
)


def require_answerable(when: str, found: Compiled) -> None:
    """Raises `CelError` where a guardrail, or a function in it, fails whatever is asked."""
    every = tuple(pieces(when))
    for function, text in _called(every):
        why = _failure(Rule(_TRIED[function.text].format(text.text), {"now": "time"}), {"now": _SOME})
        if why:
            raise CelError(f"{function.text}({text.text}) always fails: {why}", col=function.start + 1)
    if _reads_shapes(every):
        return
    failures = [_failure(found.rule, _all(found, values)) for values in _VALUES]
    if all(failures):
        raise CelError(f"it fails whatever is asked: {failures[0]}")


def _called(found: tuple[Piece, ...]) -> Iterator[tuple[Piece, Piece]]:
    """The functions that are tried, each with the one text that it is given."""
    for function, opening, text, closing in zip(found, found[1:], found[2:], found[3:], strict=False):
        if function.text in _TRIED and (opening.text, text.kind, closing.text) == ("(", "text", ")"):
            yield function, text


def _reads_shapes(found: tuple[Piece, ...]) -> bool:
    """Whether something else than a text that stands here is read as a number, a time or the like."""
    return any(
        function.text in _READERS and opening.text == "(" and what.kind == "word"
        for function, opening, what in zip(found, found[1:], found[2:], strict=False)
    )


def _all(found: Compiled, values: Mapping[Kind, object]) -> Mapping[str, object]:
    return {name: values[kind] for name, kind in found.variables.items()}


def _failure(rule: Rule, values: Mapping[str, object]) -> str:
    try:
        rule.holds(values)
    except CelError as error:
        return str(error).removeprefix("INVALID_ARGUMENT: ")
    return ""
