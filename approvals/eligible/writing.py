"""Trees of CEL as text: one text for one meaning, whatever blanks, brackets and comments it was written with."""

import math
from collections.abc import Mapping
from typing import Final

from approvals.cel import CelError
from approvals.eligible.syntax import (
    AND,
    OR,
    Call,
    Decimal,
    Member,
    Name,
    Pairs,
    Raw,
    Several,
    Text,
    Tree,
    Whole,
    Word,
    parse,
)

_CHOICE, _UNARY, _ATOM = 1, 7, 8
_BINARY: Final[Mapping[str, tuple[str, int]]] = {
    OR: ("||", 2),
    AND: ("&&", 3),
    **{f"_{sign}_": (sign, 4) for sign in ("<", "<=", ">", ">=", "==", "!=")},
    "@in": ("in", 4),
    **{f"_{sign}_": (sign, 5) for sign in ("+", "-")},
    **{f"_{sign}_": (sign, 6) for sign in ("*", "/", "%")},
}
"""How operators are written, and how strongly they bind (CEL specification, "Syntax")."""

_ESCAPED: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def write(tree: Tree) -> str:
    """Write a tree on one line. Raises `CelError` for one that would not be read as the same again."""
    text = _write(tree, 0)
    if parse(text) != tree:
        raise CelError("the condition cannot be written in another way")
    return text


def _write(tree: Tree, outside: int) -> str:
    """Write what stands where something binds as strongly as `outside`, in brackets where it has to be."""
    text, binds = _written(tree)
    return f"({text})" if binds < outside else text


def _written(tree: Tree) -> tuple[str, int]:
    match tree:
        case Call():
            return _call(tree)
        case Member(of, field, tested):
            text = f"{_write(of, _ATOM)}.{field}"
            return (f"has({text})" if tested else text), _ATOM
        case Several(items):
            return f"[{_list(items)}]", _ATOM
        case Pairs(items, name):
            written = (f"{_write(key, _CHOICE)}: {_write(value, _CHOICE)}" for key, value in items)
            return f"{name}{{{', '.join(written)}}}", _ATOM
        case Name(value):
            return value, _ATOM
        case _:
            return _constant(tree)


def _call(call: Call) -> tuple[str, int]:
    name, arguments = call.function, call.arguments
    if name in _BINARY:
        return _operator(*_BINARY[name], arguments)
    if name == "_?_:_":
        condition, yes, no = arguments
        return f"{_write(condition, 2)} ? {_write(yes, 2)} : {_write(no, _CHOICE)}", _CHOICE
    if name in ("!_", "-_"):
        return _unary(name[0], arguments[0])
    if name == "_[_]":
        return f"{_write(arguments[0], _ATOM)}[{_write(arguments[1], _CHOICE)}]", _ATOM
    if not name.replace("_", "a").isalnum() or name.startswith("_"):
        raise CelError(f"IAM conditions do not know the operator {name}")
    target = f"{_write(call.of, _ATOM)}." if call.of is not None else ""
    return f"{target}{name}({_list(arguments)})", _ATOM


def _operator(sign: str, binds: int, arguments: tuple[Tree, ...]) -> tuple[str, int]:
    first, *rest = arguments
    # All but `&&` and `||` are read from the left: what stands to the right needs brackets.
    return f" {sign} ".join([_write(first, binds), *(_write(each, binds + 1) for each in rest)]), binds


def _unary(sign: str, argument: Tree) -> tuple[str, int]:
    text = _write(argument, _ATOM)
    # A minus before a number would be part of the number.
    return (f"{sign}({text})" if isinstance(argument, Whole | Decimal) else f"{sign}{text}"), _UNARY


def _list(items: tuple[Tree, ...]) -> str:
    return ", ".join(_write(each, _CHOICE) for each in items)


def _constant(tree: Tree) -> tuple[str, int]:
    match tree:
        case Text(value):
            return '"' + "".join(map(_letter, value)) + '"', _ATOM
        case Raw(value):
            return 'b"' + "".join(f"\\x{byte:02x}" for byte in value) + '"', _ATOM
        case Word(value):
            return {True: "true", False: "false", None: "null"}[value], _ATOM
        case Whole(value, unsigned):
            return f"{value}{'u' if unsigned else ''}", _ATOM if value >= 0 else _UNARY
        case Decimal(value) if math.isfinite(value):
            return repr(value), _ATOM if math.copysign(1, value) > 0 else _UNARY
        case _:
            raise CelError("the condition has a number without end")


def _letter(letter: str) -> str:
    if letter in _ESCAPED:
        return _ESCAPED[letter]
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"
