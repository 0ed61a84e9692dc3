"""Expressions of CEL as trees. They are parsed by Google's parser and never evaluated.

Source of the message: `cel.expr.ParsedExpr` in `cel/expr/syntax.proto` of the CEL specification.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from approvals.cel import CelError, parsed
from approvals.eligible.wire import double, fields, signed

AND, OR = "_&&_", "_||_"

_DEPTH = 60
"""So deep a tree is read. A condition of twelve operators needs less than twenty."""


class Text(msgspec.Struct, frozen=True):
    value: str


class Raw(msgspec.Struct, frozen=True):
    value: bytes


class Whole(msgspec.Struct, frozen=True):
    """`int`, or `uint` where it is unsigned."""

    value: int
    unsigned: bool = False


class Decimal(msgspec.Struct, frozen=True):
    value: float


class Word(msgspec.Struct, frozen=True):
    """`true`, `false` or `null`."""

    value: bool | None


class Name(msgspec.Struct, frozen=True):
    value: str


class Member(msgspec.Struct, frozen=True):
    """A field of something; `tested` by `has()`."""

    of: "Tree"
    field: str
    tested: bool = False


class Call(msgspec.Struct, frozen=True):
    """A function or an operator. `&&` and `||` have all that they join as arguments, however it was bracketed."""

    function: str
    arguments: tuple["Tree", ...]
    of: "Tree | None" = None


class Several(msgspec.Struct, frozen=True):
    """A list."""

    items: tuple["Tree", ...]


class Pairs(msgspec.Struct, frozen=True):
    """A map, or a message of a name, whose keys are then names of fields."""

    items: tuple[tuple["Tree", "Tree"], ...]
    name: str = ""


Tree = Text | Raw | Whole | Decimal | Word | Name | Member | Call | Several | Pairs


def parse(text: str) -> Tree:
    """Read an expression. Raises `CelError` for what is none, or uses what IAM's conditions do not have."""
    envelope = dict(fields(parsed(text)))
    return _tree(_message(dict(fields(_message(envelope.get(2)))).get(2)), depth=0)


def clauses(tree: Tree) -> tuple[Tree, ...]:
    """What is joined by `&&` at the top."""
    return tree.arguments if isinstance(tree, Call) and tree.function == AND else (tree,)


def inside(tree: Tree) -> Iterator[Tree]:
    """The tree and everything in it."""
    yield tree
    for each in _below(tree):
        yield from inside(each)


def _below(tree: Tree) -> Iterator[Tree]:
    if isinstance(tree, Member):
        yield tree.of
    elif isinstance(tree, Call):
        yield from (*((tree.of,) if tree.of is not None else ()), *tree.arguments)
    elif isinstance(tree, Several):
        yield from tree.items
    elif isinstance(tree, Pairs):
        for key, value in tree.items:
            yield from (key, value)


def _tree(message: bytes, *, depth: int) -> Tree:
    if depth > _DEPTH:
        raise CelError("the condition is nested too deeply")
    for number, value in fields(message):
        if number in _KINDS:
            return _KINDS[number](_message(value), depth + 1)
        if number != _ID:
            raise CelError("IAM conditions have no macros over lists")
    raise CelError("the condition cannot be read")


_ID = 2


def _constant(message: bytes, _depth: int) -> Tree:
    (number, value), *_ = fields(message)
    if isinstance(value, int):
        words: Mapping[int, Tree] = {1: Word(None), 2: Word(bool(value)), 3: Whole(signed(value))}
        return words.get(number, Whole(value, unsigned=True))
    if number == 6:
        return Text(value.decode())
    return Decimal(double(value)) if number == 5 else Raw(value)


def _name(message: bytes, _depth: int) -> Tree:
    return Name(_message(dict(fields(message))[1]).decode())


def _member(message: bytes, depth: int) -> Tree:
    found = dict(fields(message))
    return Member(_tree(_message(found[1]), depth=depth), _message(found[2]).decode(), bool(found.get(3)))


def _call(message: bytes, depth: int) -> Tree:
    found = list(fields(message))
    function = next(_message(value) for number, value in found if number == 2).decode()
    trees = {number: [_tree(_message(v), depth=depth) for n, v in found if n == number] for number in (1, 3)}
    if function in (AND, OR):
        return Call(function, tuple(_flat(function, trees[3])))
    return Call(function, tuple(trees[3]), trees[1][0] if trees[1] else None)


def _flat(function: str, trees: list[Tree]) -> Iterator[Tree]:
    for each in trees:
        yield from each.arguments if isinstance(each, Call) and each.function == function else (each,)


def _several(message: bytes, depth: int) -> Tree:
    found = list(fields(message))
    if any(number != 1 for number, _ in found):
        raise CelError("IAM conditions have no optional values")
    return Several(tuple(_tree(_message(value), depth=depth) for _, value in found))


def _pairs(message: bytes, depth: int) -> Tree:
    found = list(fields(message))
    name = "".join(_message(value).decode() for number, value in found if number == 1)
    return Pairs(tuple(_pair(_message(value), depth) for number, value in found if number == 2), name)


def _pair(message: bytes, depth: int) -> tuple[Tree, Tree]:
    found = dict(fields(message))
    if 5 in found:
        raise CelError("IAM conditions have no optional values")
    key = _tree(_message(found[3]), depth=depth) if 3 in found else Name(_message(found[2]).decode())
    return key, _tree(_message(found[4]), depth=depth)


def _message(value: int | bytes | None) -> bytes:
    if not isinstance(value, bytes):
        raise CelError("the condition cannot be read")
    return value


_KINDS: Final[Mapping[int, Callable[[bytes, int], Tree]]] = {
    3: _constant,
    4: _name,
    5: _member,
    6: _call,
    7: _several,
    8: _pairs,
}
"""The kinds of expressions by their numbers. Comprehensions, which macros become, are none of IAM's."""
