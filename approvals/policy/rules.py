"""The rules of an entitlement in CEL: when it is offered, and which votes count. One environment for each use.

1. What a rule does not hold of is no, and so is what it fails on.
2. A group is asked for as `"group:NAME" in requester.groups` and not otherwise, so that everybody can say which
   groups a rule hangs on. While one cannot be asked the rule may still be decided by the rest of it.
3. Nothing reads a clock: the moment is handed in.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from approvals.cel import CelError, Kind, Rule
from approvals.nearest import nearest
from approvals.people.memberships import Memberships
from approvals.policy.comparing import Piece, pieces
from approvals.policy.model import Policy
from approvals.policy.selectors import answer
from countersign_client.patterns import Pattern

Use = Literal["when", "approve_when", "auto"]


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a rule can look at. `meaning` is for people."""

    kind: Kind
    meaning: str


_REQUEST: Mapping[str, Variable] = {
    "request.weekday": Variable(kind="whole", meaning="1 for Monday to 7 for Sunday, in `timezone`"),
    "request.hour": Variable(kind="whole", meaning="0 to 23, in `timezone`"),
    "request.minute": Variable(kind="whole", meaning="0 to 59, in `timezone`"),
    "request.date": Variable(kind="text", meaning="the day in `timezone`, such as `2026-11-22`"),
    "request.start": Variable(kind="time", meaning="the moment itself"),
    "request.duration": Variable(kind="span", meaning="how long access is asked for"),
    "request.justification": Variable(kind="text", meaning="the reason, as it was typed"),
    "request.entitlement": Variable(kind="text", meaning="the id of what is asked for"),
    "request.resources": Variable(kind="texts", meaning="all resources that it gives access to"),
    "requester.principal": Variable(kind="text", meaning="the address of who asks"),
    "requester.domain": Variable(kind="text", meaning="what stands behind the @ in it"),
}
_APPROVER: Mapping[str, Variable] = {
    "approver.principal": Variable(kind="text", meaning="the address of who votes"),
    "approver.domain": Variable(kind="text", meaning="what stands behind the @ in it"),
    "approver.channel": Variable(kind="text", meaning="`chat` or `web`: where the vote was given"),
    "approver.acr": Variable(kind="text", meaning="the class of the sign-in; empty where nobody knows"),
    "approver.amr": Variable(kind="texts", meaning="its methods, such as `hwk` or `mfa`"),
    "approver.levels": Variable(kind="texts", meaning="the access levels that held"),
    "approver.auth_age": Variable(kind="span", meaning="how old the sign-in was; without a value where unknown"),
}
USES: Mapping[Use, Mapping[str, Variable]] = {
    "when": _REQUEST,
    "approve_when": {**_REQUEST, **_APPROVER},
    "auto": {
        **_REQUEST,
        "requester.oncall": Variable(kind="flag", meaning="they are on call; without a value where unknown"),
    },
}
"""What the rules of each use can look at, beside groups."""

CLOCK = frozenset({"request.weekday", "request.hour", "request.minute", "request.date"})
"""What is another value in another time zone."""

_GROUP = Pattern(r"""(["'])(group:[a-z0-9][a-z0-9._@-]*)\1""")
_FLAG = Pattern(r"_[0-9]+")


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, ready to be evaluated. `groups` are its flags, each with whose membership of what it stands for."""

    rule: Rule
    groups: Mapping[str, tuple[str, str]]
    named: frozenset[str]

    @property
    def uses_clock(self) -> bool:
        return not CLOCK.isdisjoint(self.named)

    def asks(self, of: str) -> tuple[str, ...]:
        """The selectors whose members matter, of the `requester` or the `approver`."""
        return tuple(dict.fromkeys(selector for who, selector in self.groups.values() if who == of))


@lru_cache(maxsize=8192)
def compiled(text: str, use: Use) -> Compiled:
    """Compile a rule, once. Raises `CelError` for what is none."""
    tokens = tuple(pieces(text))
    _require_plain(tokens, use)
    groups: dict[str, tuple[str, str]] = {}
    left = text
    for index, token in enumerate(tokens):
        found = _membership(tokens, index, use)
        if found is not None:
            flag = f"_{len(groups)}"
            groups[flag] = found
            end = tokens[index + 4].end
            # It keeps its length, so that columns stay right.
            left = left[: token.start] + flag.ljust(end - token.start) + left[end:]
    variables: dict[str, Kind] = {name: each.kind for name, each in USES[use].items()}
    rule = Rule(left, {**variables, **dict.fromkeys(groups, "flag")})
    return Compiled(rule=rule, groups=groups, named=frozenset(name for name, _ in _variables(tokens)))


def _require_plain(tokens: tuple[Piece, ...], use: Use) -> None:
    for token in tokens:
        if token.text == "//":
            raise CelError("write it without comments", col=token.start + 1)
        if token.kind == "word" and _FLAG.fullmatch(token.text):
            raise CelError(f"there is no {token.text}", col=token.start + 1)
    known = USES[use]
    people = {name.partition(".")[0] for name in known} - {"request"}
    asked = [index + 2 for index in range(len(tokens)) if _membership(tokens, index, use) is not None]
    for name, index in _variables(tokens):
        of, _, rest = name.partition(".")
        col = tokens[index].start + 1
        if rest == "groups" and of in people:
            if index not in asked:
                raise CelError(f'ask for a group by its name: "group:NAME" in {name}', col=col)
        elif of in {"request", "requester", "approver"} and name not in known:
            near = nearest(name, known)
            meant = f"did you mean {near}?" if near else f"it has {', '.join(known)}"
            raise CelError(f"there is no {name} here; {meant}", col=col)


def _membership(tokens: tuple[Piece, ...], index: int, use: Use) -> tuple[str, str] | None:
    """Whose membership of what is asked for here, in five pieces: `"group:NAME" in requester.groups`."""
    if len(tokens) < index + 5:
        return None
    literal, word, of, point, groups = tokens[index : index + 5]
    named = _GROUP.fullmatch(literal.text) if literal.kind == "text" else None
    people = {name.partition(".")[0] for name in USES[use]} - {"request"}
    if named is None or (word.text, point.text, groups.text) != ("in", ".", "groups") or of.text not in people:
        return None
    # Of a longer operand, or of what goes on behind it, this would be a part.
    before = tokens[index - 1].text if index else ""
    after = tokens[index + 5].text if len(tokens) > index + 5 else ""
    alone = before in {"", "(", "!", "&&", "||", "?", ":"} and after in {"", ")", "&&", "||", "?", ":"}
    # A negation binds closer than `in`, so it needs its parentheses.
    return (of.text, named[2]) if alone and before != "!" else None


def _variables(tokens: tuple[Piece, ...]) -> Iterator[tuple[str, int]]:
    """The names with a point that stand in a rule, and which piece each begins with."""
    for index in range(len(tokens) - 2):
        of, point, name = tokens[index : index + 3]
        own = not index or tokens[index - 1].text != "."
        if own and of.kind == name.kind == "word" and point.text == ".":
            yield f"{of.text}.{name.text}", index


RuleAnswer = Literal["yes", "no", "unknown", "error"]
"""Whether a rule holds; `unknown` while a group cannot be asked on which it hangs, `error` where it fails."""


def holds(
    text: str,
    use: Use,
    facts: Mapping[str, object],
    *,
    policy: Policy,
    memberships: Memberships,
    people: Mapping[str, str],
) -> RuleAnswer:
    """Evaluate a rule. `people` says who is meant by `requester` and `approver`. It raises nothing."""
    try:
        found = compiled(text, use)
    except CelError:
        return "error"
    values, unknown = dict(facts), False
    for flag, (of, selector) in found.groups.items():
        known = answer(policy, (selector,), people[of], memberships, gone="unknown")
        unknown = unknown or known == "unknown"
        values |= {} if known == "unknown" else {flag: known == "yes"}
    try:
        return "yes" if found.rule.holds(values) else "no"
    except CelError:
        return "unknown" if unknown else "error"


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """One ask, as far as rules look at it. `begins` is the moment at which access would begin."""

    entitlement: str
    resources: tuple[str, ...]
    duration: timedelta
    justification: str
    requester: str
    begins: datetime

    def facts(self, policy: Policy) -> Mapping[str, object]:
        """What stands behind `request` and `requester`, with the moment in the policy's time zone."""
        local = self.begins.astimezone(ZoneInfo(policy.timezone))
        return {
            "request.weekday": local.isoweekday(),
            "request.hour": local.hour,
            "request.minute": local.minute,
            "request.date": local.date().isoformat(),
            "request.start": self.begins,
            "request.duration": self.duration,
            "request.justification": self.justification,
            "request.entitlement": self.entitlement,
            "request.resources": list(self.resources),
            "requester.principal": self.requester,
            "requester.domain": self.requester.rpartition("@")[2],
        }


def allowed(policy: Policy, rule: str, occasion: Occasion, *, memberships: Memberships) -> RuleAnswer:
    """Whether a `when` of the policy holds of an ask; an empty one does."""
    if not rule:
        return "yes"
    people = {"requester": occasion.requester}
    facts = occasion.facts(policy)
    return holds(rule, "when", facts, policy=policy, memberships=memberships, people=people)
