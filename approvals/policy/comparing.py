"""What a guardrail says about amounts and numbers, and about what may be left out: decided here, without CEL.

CEL knows binary numbers alone, in which 0.1 + 0.2 is not 0.3. So every comparison of a parameter with a decimal
number, or with another parameter, is taken out of the text and made exactly; CEL is handed whether it holds. The
same way `has(params.x)` and `has(subject.x)` are answered.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne

import msgspec

from approvals.cel import CelError
from approvals.nearest import nearest
from approvals.targets import ParameterType
from countersign_client.patterns import Pattern

Exact = Decimal | tuple[Decimal, str]
"""A number, or an amount with its currency."""

_TOKEN = Pattern(
    r"""(?P<text>(?:[bB]?[rR][bB]?(?:'{3}.*?'{3}|"{3}.*?"{3}|'[^']*'|"[^"]*"))"""
    r"""|[bB]?(?P<quote>'{3}|"{3}|'|")(?:\\.|(?!(?P=quote)).)*(?P=quote))"""
    r"|(?P<number>(?:[0-9]+[A-Za-z0-9_.]*|\.[0-9][A-Za-z0-9_.]*)(?:(?<=[eE])[+-][0-9]+)?)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>&&|\|\||[<>=!]=|//|\S)",
    re.DOTALL,
)
_PLAIN = Pattern(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_OPERATORS: Mapping[str, Callable[[Exact, Exact], bool]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "==": eq,
    "!=": ne,
}
_BEFORE = frozenset(("", "(", "[", "{", ",", "&&", "||", "?", ":"))
_AFTER = frozenset(("", ")", "]", "}", ",", "&&", "||", "?", ":"))
_FLAG = Pattern(r"_[0-9]+")


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A variable `params.NAME` or `subject.NAME`, and the column (from 1) at which it stands first."""

    of: str
    name: str
    col: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two numbers and the sign between them; a side is a number as it is written, or a parameter's name."""

    left: Decimal | str
    sign: str
    right: Decimal | str


class Presence(Named, frozen=True, kw_only=True):
    """Whether there is a parameter or claim of this name."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A text without what is decided here: each of `flags` is a variable in its place.

    `named` are the parameters and claims that it looks at otherwise, or asks the presence of.
    """

    text: str
    flags: Mapping[str, Comparison | Presence]
    named: tuple[Named, ...]


class Piece(msgspec.Struct, frozen=True):
    """A text in quotes, a number, a word or a sign of an expression, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


_END = Piece("", "", 0, 0)


def take(text: str, types: Mapping[str, ParameterType]) -> Taken:
    """Take out of a text what is decided here. `types` are those of the action's parameters.

    What is taken keeps its length, so that columns stay right. Raises `CelError` where numbers are used otherwise.
    """
    tokens = tuple(pieces(text))
    _require_free(tokens)
    flags: dict[str, Comparison | Presence] = {}
    spans: list[tuple[int, int]] = []
    index = 0
    while index < len(tokens):
        found = _presence(tokens, index) or _comparison(tokens, index, types)
        if found is None:
            index += 1
            continue
        what, length = found
        flags[f"_{len(flags)}"] = what
        spans.append((tokens[index].start, tokens[index + length - 1].end))
        index += length
    left = _without(text, spans)
    named = tuple(_variables(tuple(pieces(left))))
    asked = tuple(each for each in flags.values() if isinstance(each, Presence))
    for each in (*named, *asked):
        _require_visible(each, types)
    for each in named:
        _require_compared(each, types)
    return Taken(text=left, flags=flags, named=(*named, *asked))


def holds(comparison: Comparison, values: Mapping[str, Exact]) -> bool:
    """Make a comparison. Raises `CelError` where a parameter is not there, or amounts are of two currencies."""
    left, right = _side(comparison.left, values), _side(comparison.right, values)
    if isinstance(left, tuple) and isinstance(right, tuple):
        if left[1] != right[1]:
            raise CelError(f"{left[1]} and {right[1]} cannot be compared")
    else:
        left, right = _amount(left), _amount(right)
    return _OPERATORS[comparison.sign](left, right)


def _side(side: Decimal | str, values: Mapping[str, Exact]) -> Exact:
    if isinstance(side, Decimal):
        return side
    if side not in values:
        raise CelError(f"params.{side} was left out")
    return values[side]


def _amount(side: Exact) -> Decimal:
    return side[0] if isinstance(side, tuple) else side


def pieces(text: str) -> Iterator[Piece]:
    """Take an expression apart."""
    for found in _TOKEN.finditer(text):
        yield Piece(next(kind for kind in _KINDS if found[kind] is not None), found[0], *found.span())


_KINDS = ("text", "number", "word", "sign")


def _require_free(tokens: Iterable[Piece]) -> None:
    """Raise where a text has what would not be read as it stands: a comment, or a name of one of the flags."""
    for token in tokens:
        if token.text == "//":
            raise CelError("write it without comments", col=token.start + 1)
        if token.kind == "word" and _FLAG.fullmatch(token.text):
            raise CelError(f"there is no {token.text}", col=token.start + 1)


def _at(tokens: tuple[Piece, ...], index: int) -> Piece:
    return tokens[index] if 0 <= index < len(tokens) else _END


def _variable(tokens: tuple[Piece, ...], index: int) -> tuple[str, str] | None:
    """`params` or `subject`, and what stands behind its point; None where no such variable stands here."""
    of, point, name = (_at(tokens, index + ahead) for ahead in range(3))
    if of.text not in {"params", "subject"} or _at(tokens, index - 1).text == ".":
        return None
    return (of.text, name.text) if point.text == "." and name.kind == "word" else None


def _presence(tokens: tuple[Piece, ...], index: int) -> tuple[Presence, int] | None:
    word, opening, closing = (_at(tokens, index + ahead) for ahead in (0, 1, 5))
    found = _variable(tokens, index + 2)
    if (word.text, opening.text, closing.text) != ("has", "(", ")") or found is None:
        return None
    return Presence(of=found[0], name=found[1], col=tokens[index + 2].start + 1), 6


def _comparison(
    tokens: tuple[Piece, ...], index: int, types: Mapping[str, ParameterType]
) -> tuple[Comparison, int] | None:
    left = _operand(tokens, index, types)
    if left is None:
        return None
    sign = _at(tokens, index + left[1])
    right = _operand(tokens, index + left[1] + 1, types) if sign.text in _OPERATORS else None
    if right is None or (isinstance(left[0], Decimal) and isinstance(right[0], Decimal)):
        return None
    length = left[1] + 1 + right[1]
    around = _at(tokens, index - 1).text, _at(tokens, index + length).text
    if around[0] not in _BEFORE or around[1] not in _AFTER:
        return None
    _require_alike(left[0], right[0], types, col=tokens[index].start + 1)
    return Comparison(left=left[0], sign=sign.text, right=right[0]), length


def _operand(
    tokens: tuple[Piece, ...], index: int, types: Mapping[str, ParameterType]
) -> tuple[Decimal | str, int] | None:
    """A number or the name of one of the parameters that are numbers, and of how many tokens it is made."""
    minus = _at(tokens, index).text == "-"
    token = _at(tokens, index + minus)
    if token.kind == "number" and _PLAIN.fullmatch(token.text):
        return Decimal(f"{'-' * minus}{token.text}"), 1 + minus
    found = _variable(tokens, index)
    if found is None or found[0] != "params" or types.get(found[1]) not in {"number", "money"}:
        return None
    return found[1], 3


def _require_alike(
    left: Decimal | str, right: Decimal | str, types: Mapping[str, ParameterType], *, col: int
) -> None:
    if isinstance(left, str) and isinstance(right, str) and types[left] != types[right]:
        raise CelError(f"params.{left} is {types[left]} and params.{right} is {types[right]}", col=col)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with a flag in the place of each span, and blanks for the rest of it."""
    parts, last = [], 0
    for number, (start, end) in enumerate(spans):
        parts += [text[last:start], f"_{number}".ljust(end - start)]
        last = end
    return "".join([*parts, text[last:]])


def _variables(tokens: tuple[Piece, ...]) -> Iterator[Named]:
    for index, token in enumerate(tokens):
        found = _variable(tokens, index)
        if found is not None:
            yield Named(of=found[0], name=found[1], col=token.start + 1)


def _require_visible(each: Named, types: Mapping[str, ParameterType]) -> None:
    """Raise for a parameter that there is not, or of which no guardrail sees anything."""
    if each.of != "params":
        return
    if types.get(each.name) == "secret":
        raise CelError(f"params.{each.name} is secret: no guardrail sees it", col=each.col)
    if each.name not in types and not _is_currency(each.name, types):
        raise CelError(f"there is no parameter {each.name}{_meant(each.name, types)}", col=each.col)


def _require_compared(each: Named, types: Mapping[str, ParameterType]) -> None:
    """Raise for a number that more is done with than comparing."""
    kind = types.get(each.name) if each.of == "params" else None
    if kind in {"number", "money"}:
        text = (
            f"params.{each.name} is {kind}: compare it with a plain number or with another {kind}, by itself,"
            f" such as params.{each.name} <= 99.50. Nothing is calculated with it, for CEL would do so inexactly"
        )
        raise CelError(text, col=each.col)


def _is_currency(name: str, types: Mapping[str, ParameterType]) -> bool:
    return name.endswith("_currency") and types.get(name.removesuffix("_currency")) == "money"


def _meant(name: str, known: Mapping[str, ParameterType]) -> str:
    near = nearest(name, [each for each in known if known[each] != "secret"])
    return f"; did you mean params.{near}?" if near else ""
