"""The one CEL environment per use: resource conditions that IAM will accept, and patterns in linear time.

CEL runs in Google's cel-cpp, which bounds the work of every expression and matches patterns with RE2.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, final

from approvals.refusals.errors import CountersignError
from countersign_client.patterns import Pattern

if TYPE_CHECKING:
    from cel_expr_python import cel

LOGICAL_OPERATORS = 12
"""How many logical operators IAM takes in one condition (IAM, "Quotas and limits")."""

WINDOW_OPERATORS = 2
"""How many of them a window adds: one between its start and end, one between the window and the condition."""

CONDITION_LENGTH = 1000
"""A condition in characters: what a card can show in full."""

PARSED_LENGTH = 10_000
"""What is parsed at all, in characters: far more than twelve operators need."""

_STRING = Pattern(r"""[rRbB]{0,2}('{3}|"{3}|'|")(?:\\.|(?!\1).)*\1""", re.DOTALL)
_LOGICAL = Pattern(r"&&|\|\||!(?!=)")
_MACRO = Pattern(r"\.\s*(all|exists|exists_one|map|filter)\s*\(")
_MARKER = Pattern(r"\bhas\s*\(\s*\{")
_MESSAGE = Pattern(r"ERROR: <input>:(\d+):(\d+): (.*?)(?: \(in container ''\))?$", re.MULTILINE)
_COMBINED = (
    '((request.time >= timestamp("2000-01-01T00:00:00Z") && request.time < timestamp("2000-01-02T00:00:00Z")))'
    " && ({})"
)


class CelError(CountersignError):
    """A text is no condition or pattern. `col` is the column in it (from 1), or 0 where none can be named."""

    def __init__(self, text: str, *, col: int = 0) -> None:
        super().__init__(text)
        self.col = col


def check_condition(text: str) -> None:
    """Check that a resource condition compiles to a boolean, alone and joined to a window.

    IAM's attributes and functions are known (IAM, "Attribute reference for IAM Conditions"); its restricted
    CEL has no macros over lists. Raises `CelError`.
    """
    _check_shape(text)
    bare = _STRING.sub('""', text)
    macro = _MACRO.search(bare)
    if macro:
        raise CelError(f"IAM conditions do not know the macro {macro.group(1)}()")
    if _MARKER.search(bare):
        # IAM takes it, and a binding that has it gives nothing and makes its holder eligible for more.
        raise CelError("has({}.…) marks who is eligible in IAM, and is never true; leave that clause out")
    if len(_LOGICAL.findall(bare)) > LOGICAL_OPERATORS - WINDOW_OPERATORS:
        raise CelError(
            f"IAM takes {LOGICAL_OPERATORS} logical operators; the window needs {WINDOW_OPERATORS} of them, "
            f"so the condition may have {LOGICAL_OPERATORS - WINDOW_OPERATORS}"
        )
    compiled = _compile(_iam_environment(), text)
    if compiled.return_type() != _cel().Type.BOOL:
        raise CelError(f"a condition must be true or false, this one gives {compiled.return_type().name()}")
    _check_combined(text)


def _check_shape(text: str) -> None:
    if not text.strip():
        raise CelError("the condition is empty; leave the key out for access without a condition")
    if not text.isprintable():
        raise CelError("write the condition on one line, without control characters (in YAML: >-)")
    if len(text) > CONDITION_LENGTH:
        raise CelError(f"the condition is longer than {CONDITION_LENGTH} characters")


def _check_combined(text: str) -> None:
    # A trailing comment compiles alone and would swallow the closing parenthesis of the joined expression.
    try:
        _compile(_iam_environment(), _COMBINED.format(text))
    except CelError as error:
        raise CelError("the condition cannot be joined to a window; write it without comments") from error


def check_pattern(pattern: str) -> None:
    """Check that a text is one complete RE2 pattern, alone and as it is matched. Raises `CelError`."""
    # Alone, because `a)|(b` is no pattern but would become one inside parentheses.
    _matches(pattern, "")
    try:
        _matches(_whole(pattern), "")
    except CelError as error:
        raise CelError(f"the pattern does not end where it stops (a \\Q needs its \\E): {pattern}") from error


def matches_fully(pattern: str, text: str) -> bool:
    """Say whether the pattern matches the whole text, in time linear in the text; `.` matches line breaks too.

    Raises `CelError` for what is no pattern.
    """
    check_pattern(pattern)
    return _matches(_whole(pattern), text)


def _whole(pattern: str) -> str:
    return rf"\A(?s:{pattern})\z"


def _matches(pattern: str, text: str) -> bool:
    value = _matcher().eval(data={"text": text, "pattern": pattern})
    if value.type() != _cel().Type.BOOL:
        reason = str(value.value()).removeprefix("INVALID_ARGUMENT: ").removeprefix("invalid regular expression: ")
        raise CelError(f"not a pattern that RE2 knows: {reason}")
    return value.value() is True


Kind = Literal["text", "texts", "time", "span", "whole", "flag"]
"""What a variable of a rule holds: `str`, a list of `str`, an aware `datetime`, `timedelta`, `int`, `bool`."""


@final
class Rule:
    """An expression over variables that holds or does not, such as a guardrail's. It is compiled once."""

    def __init__(self, text: str, variables: Mapping[str, Kind]) -> None:
        """Raises `CelError` for what is no such expression."""
        if not text.strip() or not text.isprintable() or len(text) > CONDITION_LENGTH:
            raise CelError(f"write it on one line, with 1 to {CONDITION_LENGTH} characters (in YAML: >-)")
        compiled = _compile(_cel().NewEnv(variables={name: _of(kind) for name, kind in variables.items()}), text)
        if compiled.return_type() != _cel().Type.BOOL:
            raise CelError(f"it must be true or false, and gives {compiled.return_type().name()}")
        self._compiled = compiled

    def holds(self, values: Mapping[str, object]) -> bool:
        """Evaluate it. Raises `CelError` where that fails, or needs a variable that has no value."""
        try:
            found = self._compiled.eval(data=dict(values))
        except RuntimeError as error:
            raise CelError(f"it takes too much work: {error}") from error
        if found.type() != _cel().Type.BOOL:
            raise CelError(str(found.value()))
        return found.value() is True


def _of(kind: Kind) -> Any:
    types = _cel().Type
    return {
        "text": types.STRING,
        "texts": types.List(types.STRING),
        "time": types.TIMESTAMP,
        "span": types.DURATION,
        "whole": types.INT,
        "flag": types.BOOL,
    }[kind]


def parsed(text: str) -> bytes:
    """Parse an expression without asking what its names mean; the tree as a message (`cel.expr.ParsedExpr`).

    Raises `CelError`.
    """
    if len(text) > PARSED_LENGTH or (not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text)):
        raise CelError(f"it is longer than {PARSED_LENGTH} characters, or no Unicode")
    found: bytes = _compile(_nothing_declared(), text, check=False).serialize()
    return found


@cache
def _nothing_declared() -> "cel.Env":
    return _cel().NewEnv()


def _compile(environment: "cel.Env", text: str, *, check: bool = True) -> "cel.Expression":
    try:
        return environment.compile(text, disable_check=not check)
    except RuntimeError as error:
        found = _MESSAGE.search(str(error))
        if found is None:
            raise CelError("the condition is nested too deeply or cannot be read") from error
        said = found.group(3).removesuffix(" [INVALID_ARGUMENT]")
        raise CelError(said.partition(" expecting {")[0], col=int(found.group(2))) from error


@cache
def _matcher() -> "cel.Expression":
    kind = _cel().Type
    environment = _cel().NewEnv(variables={"text": kind.STRING, "pattern": kind.STRING})
    return environment.compile("text.matches(pattern)")


@cache
def _iam_environment() -> "cel.Env":
    kind = _cel().Type
    texts = (
        "resource.name",
        "resource.type",
        "resource.service",
        "request.path",
        "request.host",
        "destination.ip",
    )
    variables = dict.fromkeys(texts, kind.STRING)
    variables |= {"request.time": kind.TIMESTAMP, "destination.port": kind.INT}
    functions = [
        _function("extract", kind.STRING, (kind.STRING, kind.STRING), member=True),
        _function("api.getAttribute", kind.DYN, (kind.STRING, kind.DYN)),
        _function("hasOnly", kind.BOOL, (kind.DYN, kind.List(kind.STRING)), member=True),
        _function("resource.matchTag", kind.BOOL, (kind.STRING, kind.STRING)),
        _function("resource.matchTagId", kind.BOOL, (kind.STRING, kind.STRING)),
        _function("resource.hasTagKey", kind.BOOL, (kind.STRING,)),
        _function("resource.hasTagKeyId", kind.BOOL, (kind.STRING,)),
    ]
    return _cel().NewEnv(variables=variables, functions=functions)


def _function(name: str, gives: Any, parameters: tuple[Any, ...], *, member: bool = False) -> Any:
    overload = _cel().Overload(id=f"iam_{name}", return_type=gives, parameters=list(parameters), is_member=member)
    return _cel().FunctionDecl(name, [overload])


def _cel() -> Any:
    from cel_expr_python import cel  # noqa: PLC0415 - loaded when a policy first has a condition or a pattern

    return cel


def texts(expression: str, given: Mapping[str, str]) -> str:
    """Evaluate an expression over texts, such as `user.email`, that gives a text; it may use `extract()`.

    Raises `CelError` for what is no such expression, or where it fails.
    """
    if not expression.isprintable() or len(expression) > CONDITION_LENGTH:
        raise CelError(f"write the expression on one line of at most {CONDITION_LENGTH} characters")
    compiled = _compile(_texts_environment(tuple(given)), expression)
    if compiled.return_type() != _cel().Type.STRING:
        raise CelError(f"the expression must give a text, this one gives {compiled.return_type().name()}")
    value = compiled.eval(data=dict(given))
    if value.type() != _cel().Type.STRING:
        raise CelError(str(value.value()).removeprefix("INVALID_ARGUMENT: "))
    return str(value.value())


def extract(text: str, template: str) -> str:
    """Return what stands in the place of the template's one `{name}`; nothing where the rest does not fit.

    As in IAM conditions ("Extract values from resource names"): the first place of what stands before the braces,
    and after that the first one of what stands behind them.
    """
    found = _PLACE.fullmatch(template)
    if found is None:
        return ""
    before, behind = found.groups()
    _, fits, rest = text.partition(before) if before else ("", "yes", text)
    taken, ends, _ = rest.partition(behind) if behind else (rest, "yes", "")
    return taken if fits and ends else ""


_PLACE = Pattern(r"([^{}]*)\{[^{}]*\}([^{}]*)", re.DOTALL)


@cache
def _texts_environment(names: tuple[str, ...]) -> "cel.Env":
    kind = _cel().Type
    overload = _cel().Overload(
        id="texts_extract",
        return_type=kind.STRING,
        parameters=[kind.STRING, kind.STRING],
        is_member=True,
        impl=extract,
    )
    function = _cel().FunctionDecl("extract", [overload])
    return _cel().NewEnv(variables=dict.fromkeys(names, kind.STRING), functions=[function])
