"""IAM conditions in CEL: which ones Google takes, and whether one holds at a time.

Source: https://cloud.google.com/iam/docs/conditions-attribute-reference.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from cel_expr_python import cel

from sandbox.google.errors import invalid

TITLE, DESCRIPTION, OPERATORS = 100, 256, 12
"""Longest title and description in bytes; most logical operators (the IAM quotas page)."""

_TEXT = re.compile(r"""r?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|//[^\n]*""")
_LOGICAL = re.compile(r"&&|\|\||!(?!=)")
_MACRO = re.compile(r"\.\s*(all|exists|exists_one|map|filter)\s*\(")


def check(condition: Mapping[str, Any], *, at: str) -> None:
    """Raise a 400 for a condition that IAM refuses."""
    expression = condition.get("expression", "")
    if not condition.get("title"):
        raise invalid("Condition title must be set.", field=f"{at}.title")
    if len(condition["title"].encode()) > TITLE:
        raise invalid(f"Condition title is longer than {TITLE} bytes.", field=f"{at}.title")
    if len(condition.get("description", "").encode()) > DESCRIPTION:
        raise invalid(f"Condition description is longer than {DESCRIPTION} bytes.", field=f"{at}.description")
    bare = _TEXT.sub('""', expression)
    if len(_LOGICAL.findall(bare)) > OPERATORS:
        raise invalid(
            f"Condition expression has more than {OPERATORS} logical operators.", field=f"{at}.expression"
        )
    if _MACRO.search(bare):
        raise invalid("Condition expression uses a macro that IAM does not support.", field=f"{at}.expression")
    _compile(expression, at=at)


def holds(expression: str, *, at: datetime, resource: Mapping[str, str]) -> bool:
    """Say whether a condition is true at a time; an error is false, as for IAM."""
    data = {"request.time": at, "request.path": "", "request.host": ""}
    data |= {f"resource.{name}": resource.get(name, "") for name in ("name", "type", "service")}
    value = _compiled(expression).eval(data=data)
    return value.type() == cel.Type.BOOL and value.value() is True


def _compile(expression: str, *, at: str) -> None:
    try:
        kind = _compiled(expression).return_type()
    except RuntimeError as error:
        reason = str(error).removeprefix("INVALID_ARGUMENT: ").split("\n", 1)[0]
        raise invalid(f"Condition expression compilation failed: {reason}.", field=f"{at}.expression") from error
    if kind != cel.Type.BOOL:
        raise invalid("Condition expression must return a boolean.", field=f"{at}.expression")


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    # Remembered, because each write of a policy brings every condition in it again.
    return _environment().compile(expression)


@cache
def _environment() -> cel.Env:
    kind = cel.Type
    values = kind.List(kind.DYN)
    texts = {"resource.name", "resource.type", "resource.service", "request.path", "request.host"}
    return cel.NewEnv(
        variables={"request.time": kind.TIMESTAMP, **dict.fromkeys(texts, kind.STRING)},
        functions=[
            _function("extract", kind.STRING, [kind.STRING, kind.STRING], _extract, is_member=True),
            _function("hasOnly", kind.BOOL, [values, values], _has_only, is_member=True),
            _function("api.getAttribute", values, [kind.STRING, values], lambda _, default: default),
            _function("resource.matchTag", kind.BOOL, [kind.STRING, kind.STRING], lambda *_: False),
            _function("resource.matchTagId", kind.BOOL, [kind.STRING, kind.STRING], lambda *_: False),
        ],
    )


def _function(name: str, returns: Any, takes: list[Any], does: Any, *, is_member: bool = False) -> Any:
    overload = cel.Overload(
        name.replace(".", "_"), return_type=returns, parameters=takes, is_member=is_member, impl=does
    )
    return cel.FunctionDecl(name, [overload])


def _extract(text: str, template: str) -> str:
    """IAM's `extract`: the part of the text where the template's one `{name}` stands, or nothing."""
    before, brace, rest = template.partition("{")
    _, closing, after = rest.partition("}")
    if not brace or not closing or before not in text:
        return ""
    tail = text[text.index(before) + len(before) :]
    if not after:
        return tail
    return tail[: tail.index(after)] if after in tail else ""


def _has_only(values: list[Any], allowed: list[Any]) -> bool:
    return all(value in allowed for value in values)
