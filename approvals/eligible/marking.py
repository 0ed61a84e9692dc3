"""What the condition of a binding says of eligibility: the marker, and the condition on the resource beside it.

A marker is `has({}.jitAccessConstraint)` or `has({}.multiPartyApprovalConstraint)`, whatever its capitals and
blanks, and a clause of its own, joined by `&&` to the rest (JIT Access 1.8.1). To IAM `{}` is an empty map, so
that nobody has access by such a condition.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from approvals.cel import CelError
from approvals.eligible.syntax import AND, Call, Member, Pairs, Tree, clauses, inside, parse
from approvals.eligible.writing import write
from approvals.nearest import nearest
from approvals.refusals.errors import CountersignError

Kind = Literal["self", "peers"]
"""Who approves: the eligible person alone, or another one who is eligible by the same binding."""

_MARKERS: Final[dict[str, tuple[Kind, str]]] = {
    "jitaccessconstraint": ("self", "has({}.jitAccessConstraint)"),
    "multipartyapprovalconstraint": ("peers", "has({}.multiPartyApprovalConstraint)"),
}
_UNRELEASED: Final = {"externalapprovalconstraint", "reviewerprivilege", "peerapprovalconstraint"}
"""Markers of branches of JIT Access that were never released."""


class MarkError(CountersignError):
    """A condition means eligibility and cannot be taken for it. The text says why, and what to write."""


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """Eligibility. `condition` is what holds for the resource, as one text for one meaning; empty where nothing.

    `topic` tells peers of one role apart: `has({}.multiPartyApprovalConstraint.TOPIC)`.
    """

    kind: Kind
    topic: str = ""
    condition: str = ""


class _Test(msgspec.Struct, frozen=True):
    """`has({}.NAME)` or `has({}.NAME.TOPIC)`, in small letters."""

    name: str
    topic: str


def marked(text: str) -> Marked | None:
    """Read a condition; None for one that has nothing to do with eligibility. Raises `MarkError`."""
    try:
        tree = parse(text)
    except CelError as error:
        if not _mentions(text):
            return None
        raise MarkError(f"the condition cannot be read: {error}. Mend it in the binding") from error
    joined = clauses(tree)
    tests = {clause: test for clause in joined if (test := _test(clause)) is not None}
    known = [test for test in tests.values() if test.name in _MARKERS]
    rest = [clause for clause in joined if clause not in tests or tests[clause].name not in _MARKERS]
    for clause in rest:
        _refuse_hidden(clause)
    return _marked(known, rest) if known else None


def _marked(tests: list[_Test], rest: list[Tree]) -> Marked:
    kinds = {_MARKERS[test.name][0] for test in tests}
    topics = {test.topic for test in tests if _MARKERS[test.name][0] == "peers"}
    if any(test.topic for test in tests if _MARKERS[test.name][0] == "self"):
        raise MarkError("has({}.jitAccessConstraint) has no topic. Write it without one")
    if "self" not in kinds and len(topics) > 1:
        raise MarkError("the condition has several topics. Write a binding for each of them")
    try:
        condition = write(Call(AND, tuple(rest)) if len(rest) > 1 else rest[0]) if rest else ""
    except CelError as error:
        raise MarkError(f"{error}. Mend it in the binding") from error
    if "self" in kinds:
        return Marked(kind="self", condition=condition)
    return Marked(kind="peers", topic=topics.pop(), condition=condition)


def _test(tree: Tree) -> _Test | None:
    """What a clause tests of `{}`, if that is all it does. `HAS` is a function to CEL, and was a marker there."""
    match tree:
        case Member(of, field, True):
            return _of_nothing(Member(of, field))
        case Call(function, (Member() as argument,), None) if function.lower() == "has":
            return _of_nothing(argument)
        case _:
            return None


def _of_nothing(tree: Member) -> _Test | None:
    match tree:
        case Member(Pairs((), ""), field, False):
            return _Test(field.lower(), "")
        case Member(Member(Pairs((), ""), field, False), topic, False):
            return _Test(field.lower(), topic.lower())
        case _:
            return None


def _refuse_hidden(clause: Tree) -> None:
    """A marker that is no clause of its own, or hardly one, is somebody's mistake: nobody is eligible by it."""
    for test in _tests(clause):
        if test.name in _UNRELEASED:
            raise MarkError(
                f"no release of JIT Access knows the marker {test.name}. Write"
                " has({}.multiPartyApprovalConstraint), or an entitlement of the policy file"
            )
        meant = test.name if test.name in _MARKERS else nearest(test.name, list(_MARKERS))
        if meant is None:
            continue
        written = _MARKERS[meant][1]
        if test.name in _MARKERS:
            raise MarkError(f"the marker must be a clause of its own. Write {written}, joined by && to the rest")
        raise MarkError(f"there is no marker {test.name}. Write {written}")


def _tests(tree: Tree) -> Iterator[_Test]:
    """Every field of an empty map in a clause, tested or not."""
    for each in inside(tree):
        test = _of_nothing(Member(each.of, each.field)) if isinstance(each, Member) else None
        if test is not None:
            yield test


def _mentions(text: str) -> bool:
    return any(name in text.lower() for name in _MARKERS)
