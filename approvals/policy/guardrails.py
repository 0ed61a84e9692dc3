"""What the guardrails of an action say to one call of it.

1. All are evaluated, whatever comes of the others; refuse > step_up > require_approval > allow, in any order.
2. What cannot be evaluated, or hangs on what nobody knows, refuses.
3. Without any that holds the action needs its own approval.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

import msgspec

from approvals.cel import CelError, Kind, Rule
from approvals.people.persons import OnBehalf, signed_in
from approvals.policy.comparing import Comparison, Exact, Named, Presence, Taken, holds, take
from approvals.policy.model import Action, Guardrail, Parameter, Then
from approvals.refusals.reasons import Reason, reason
from approvals.targets import Given

VARIABLES: Mapping[str, Kind] = {"now": "time", "application": "text", "timezone": "text"}
"""What a guardrail knows of the moment and of who calls."""

SUBJECT: Mapping[str, Kind] = {
    "principal": "text",
    "issuer": "text",
    "proven": "text",
    "acr": "text",
    "amr": "texts",
    "auth_time": "time",
}
"""What it knows of every person; all else behind `subject.` is a claim."""

LISTS = ("groups", "roles")
"""The claims that are lists; every other one is a single text."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # of a person who says of no time to have signed in


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What all guardrails of an action come to. `reason` is why it is refused.

    A step-up is a sign-in of one of the classes `acr` (empty: of any), at most `max_age` seconds ago (None: ever).
    """

    outcome: Then
    reason: Reason | None = None
    acr: tuple[str, ...] = ()
    max_age: int | None = None


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A guardrail's expression, ready to be evaluated, and what it looks at. `amounts` are the action's."""

    rule: Rule
    taken: Taken
    amounts: tuple[str, ...]
    variables: Mapping[str, Kind]

    @property
    def claims(self) -> tuple[Named, ...]:
        """What it looks at behind `subject.`, claims and all else."""
        return tuple(each for each in self.taken.named if each.of == "subject")


@lru_cache(maxsize=4096)
def compiled(when: str, parameters: tuple[Parameter, ...]) -> Compiled:
    """Compile an expression over an action's parameters, once. Raises `CelError`; which claims there are it does
    not know."""
    taken = take(when, {each.name: each.type for each in parameters})
    variables: dict[str, Kind] = {**VARIABLES, **dict.fromkeys(taken.flags, "flag")}
    for each in parameters:
        variables |= _declared(each)
    variables |= {f"subject.{each.name}": claim_kind(each.name) for each in taken.named if each.of == "subject"}
    amounts = tuple(each.name for each in parameters if each.type == "money")
    return Compiled(rule=Rule(taken.text, variables), taken=taken, amounts=amounts, variables=variables)


def claim_kind(name: str) -> Kind:
    """What stands behind `subject.NAME`."""
    return SUBJECT.get(name, "texts" if name in LISTS else "text")


def _declared(parameter: Parameter) -> dict[str, Kind]:
    """The variables of a parameter. A number is none: `comparing` takes every use of it out."""
    name = f"params.{parameter.name}"
    match parameter.type:
        case "string":
            return {name: "text"}
        case "time":
            return {name: "time"}
        case "money":
            return {f"{name}_currency": "text"}
        case "number" | "secret":
            return {}


def judge(
    action: Action,
    *,
    person: OnBehalf,
    given: tuple[Given, ...],
    application: str,
    now: datetime,
    asked: datetime | None = None,
    timezone: str,
) -> Judgement:
    """Evaluate every guardrail for a person and these parameters, at a moment. `timezone` is the policy's.

    A step-up that the person's sign-in satisfies already does not hold, and neither does one that did not when it
    was `asked`: whoever had signed in well enough then need not do so again while others decide. All others are
    of `now`.
    """
    moment: dict[str, object] = {"now": now, "application": application, "timezone": timezone}
    facts = _Facts(person=person, given={each.name: each for each in given}, moment=moment, now=now)
    then = facts if asked is None else msgspec.structs.replace(facts, moment=moment | {"now": asked}, now=asked)
    held: dict[Then, list[Guardrail]] = {}
    failed = False
    for each in action.guardrails:
        try:
            if not _asks(each, action.parameters, facts):
                continue
            if each.then == "step_up" and not _asks(each, action.parameters, then):
                continue
        except CelError:
            failed = True
        else:
            held.setdefault(each.then, []).append(each)
    return _joined(held, failed=failed)


def _joined(held: Mapping[Then, list[Guardrail]], *, failed: bool) -> Judgement:
    if "refuse" in held:
        said = next((each.reason for each in held["refuse"] if each.reason), "")
        found = reason("guardrail.said", said=said) if said else reason("guardrail")
        return Judgement(outcome="refuse", reason=found)
    if failed:
        return Judgement(outcome="refuse", reason=reason("guardrail.error"))
    if "step_up" in held:
        return _step_up(held["step_up"])
    return Judgement(outcome="allow" if "allow" in held and "require_approval" not in held else "require_approval")


def _step_up(held: list[Guardrail]) -> Judgement:
    """One sign-in that satisfies all of them, where one can: the youngest, of a class that each of them takes."""
    wanted = [each.acr for each in held if each.acr]
    classes = wanted[0] if wanted else ()
    shared = tuple(acr for acr in classes if all(acr in each for each in wanted))
    ages = [each.max_age for each in held if each.max_age is not None]
    return Judgement(outcome="step_up", acr=shared or classes, max_age=min(ages, default=None))


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    person: OnBehalf
    given: Mapping[str, Given]
    moment: Mapping[str, object]
    now: datetime


def _asks(guardrail: Guardrail, parameters: tuple[Parameter, ...], facts: _Facts) -> bool:
    """Whether a guardrail holds; a step-up does not where the person's sign-in is all that it asks for."""
    if not _holds(guardrail, parameters, facts):
        return False
    acr, max_age = guardrail.acr, guardrail.max_age
    return guardrail.then != "step_up" or not signed_in(facts.person, acr=acr, max_age=max_age, now=facts.now)


def _holds(guardrail: Guardrail, parameters: tuple[Parameter, ...], facts: _Facts) -> bool:
    found = compiled(guardrail.when, parameters)
    values = dict(facts.moment)
    numbers = dict(_numbers(facts.given))
    for name, what in found.taken.flags.items():
        flag = _flag(what, numbers, facts)
        values |= {} if flag is None else {name: flag}
    for each in facts.given.values():
        values |= _value(each)
    for claim in found.claims:
        value = _subject(claim.name, facts.person)
        values |= {} if value is None else {f"subject.{claim.name}": value}
    return found.rule.holds(values)


def _flag(what: Comparison | Presence, numbers: Mapping[str, Exact], facts: _Facts) -> bool | None:
    """None where it cannot be said: whatever hangs on it fails."""
    if isinstance(what, Comparison):
        try:
            return holds(what, numbers)
        except CelError:
            return None
    if what.of == "params":
        return what.name in facts.given
    if what.name in SUBJECT:
        return bool(getattr(facts.person, what.name))
    return None if what.name in facts.person.unknown else bool(facts.person.claims.get(what.name))


def _numbers(given: Mapping[str, Given]) -> Mapping[str, Exact]:
    found: dict[str, Exact] = {}
    for each in given.values():
        amount, _, currency = each.value.partition(" ")
        if each.type == "money":
            found[each.name] = Decimal(amount), currency
        elif each.type == "number":
            found[each.name] = Decimal(amount)
    return found


def _value(given: Given) -> dict[str, object]:
    name = f"params.{given.name}"
    match given.type:
        case "string":
            return {name: given.value}
        case "time":
            return {name: datetime.fromisoformat(given.value)}
        case "money":
            return {f"{name}_currency": given.value.partition(" ")[2]}
        case "number" | "secret":
            return {}


def _subject(name: str, person: OnBehalf) -> object | None:
    """What stands behind `subject.NAME`: nothing where it is not known, or where a single claim is several."""
    if name in person.unknown:
        return None
    if name == "auth_time":
        return person.auth_time or _LONG_AGO
    if name in SUBJECT:
        found = getattr(person, name)
        return list(found) if isinstance(found, tuple) else found
    values = person.claims.get(name, ())
    if name in LISTS:
        return list(values)
    return "".join(values) if len(values) < 2 else None
