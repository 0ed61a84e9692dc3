"""Which of two rules, guardrails or identities of a policy is the narrower one. What cannot be shown is looser."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from approvals.limits import Limits
from approvals.people.principals import Accept, Externals, Gate
from approvals.policy.access import Auto, BreakGlass, ChangeRule
from approvals.policy.fences import Denial, Fences
from approvals.policy.model import Guardrail, IamSource, Requirement, Stage
from approvals.policy.sides import (
    Pair,
    Side,
    both,
    equal,
    fewer,
    more,
    no_longer,
    one_of,
    ruled,
    some_of,
    subset,
    superset,
    within,
)
from approvals.policy.tools import CallWindow
from approvals.targets import approval_only, covers

_ONCALL = "requester.oncall"


def _stages(pair: Pair, now: tuple[Stage, ...], was: tuple[Stage, ...]) -> Side:
    if len(now) < len(was):
        return "looser"
    sides = [_stage(pair, one, other) for one, other in zip(now, was, strict=False)]
    return both(*sides, "narrower" if len(now) > len(was) else "same")


def _stage(pair: Pair, now: Stage, was: Stage) -> Side:
    return both(
        within(pair, now.approvers, was.approvers),
        more(pair, now.needed, was.needed),
        one_of("typed")(pair, now.sign, was.sign),
        equal(pair, now.order, was.order),
        _apart(pair, now.not_same, was.not_same),
    )


def _apart(pair: Pair, now: str, was: str) -> Side:
    if not was:
        return "narrower" if now else "same"
    # Whoever was kept apart is so still: the group may have grown.
    return within(Pair(now=pair.was, was=pair.now), (was,), (now,)) if now == was else "looser"


def source(pair: Pair, now: IamSource | None, was: IamSource | None) -> Side:
    """Where IAM offers more by it cannot be told here: only to take all of it away is no looser."""
    if now is None and was is not None:
        return "narrower"
    return equal(pair, now, was)


def requirement(pair: Pair, now: Requirement, was: Requirement) -> Side:
    """Another kind of approval is looser, but for stages in the place of nobody else."""
    if now.kind != was.kind:
        return "narrower" if (was.kind, now.kind) == ("self", "stages") else "looser"
    return both(_stages(pair, now.stages, was.stages), ruled(pair, now.approve_when, was.approve_when))


def auto(pair: Pair, now: Auto | None, was: Auto | None) -> Side:
    """What a rule lets through by itself: fewer people on call are narrower where the rule asks for them."""
    if now is None or was is None:
        # What kind of approval it is says the requirement.
        return "same" if now is was else "told" if now is None else "looser"
    if now.when != was.when or now.ical != was.ical or bool(now.group) != bool(was.group):
        return "looser"
    oncall = within(pair, (now.group,), (was.group,)) if now.group else "same"
    if oncall == "narrower" and not _asks_for_oncall(now.when):
        oncall = "looser"  # it may let through whoever is not on call
    return both(oncall, ruled(pair, now.when, was.when))


def _asks_for_oncall(rule: str) -> bool:
    """Whether fewer people on call are fewer whom a rule lets through, as far as its form shows that."""
    first, _, rest = "".join(rule.split()).partition("&&")
    return not rule or (first == _ONCALL and _ONCALL not in rest and "?" not in rest)


def window(_: Pair, now: CallWindow | None, was: CallWindow | None) -> Side:
    """Fewer calls by one approval, and for less long, are narrower."""
    if now == was:
        return "same"
    return "narrower" if now is None or (was is not None and now.within(was) == now) else "looser"


def emergency(pair: Pair, now: BreakGlass | None, was: BreakGlass | None) -> Side:
    """For less long, reviewed by fewer and sooner, and not in a freeze, is narrower."""
    if now is None or was is None:
        return "same" if now is was else "told" if now is None else "looser"
    return both(
        no_longer(pair, now.max, was.max),
        within(pair, now.by, was.by),
        no_longer(pair, now.within, was.within),
        fewer(pair, now.under_freeze, was.under_freeze),
    )


def targets(_: Pair, now: Any, was: Any) -> Side:
    """To give less of the same is narrower, and so is to give nothing."""
    if approval_only(now):
        return "same" if approval_only(was) else "narrower"
    if not covers(was, asked=now):
        return "looser"
    return "same" if covers(now, asked=was) else "narrower"


def guardrails(_: Pair, now: tuple[Guardrail, ...], was: tuple[Guardrail, ...]) -> Side:
    """What held things back does so still, what lets them through is no more, and what is new holds back."""
    one, other = _plain(now), _plain(was)
    kept = all(each in one for each in other if each.then != "allow")
    added = {each.then for each in one if each not in other}
    if not kept or not added <= {"refuse", "require_approval"}:
        return "looser"
    return "same" if one == other else "narrower"


def _plain(guardrails: tuple[Guardrail, ...]) -> list[Guardrail]:
    """Without the words, which hold nobody back."""
    return [msgspec.structs.replace(each, reason="") for each in guardrails]


def limits(pair: Pair, now: Limits, was: Limits) -> Side:
    """Fewer requests that wait, or within an hour, are narrower."""
    return both(fewer(pair, now.pending, was.pending), fewer(pair, now.per_hour, was.per_hour))


def fences(pair: Pair, now: Fences, was: Fences) -> Side:
    """What held back does so still; more of it is narrower."""
    return both(
        superset(pair, now.never_roles, was.never_roles),
        superset(pair, now.no_self, was.no_self),
        _longest(now.max_duration, was.max_duration),
        _denials(pair, now.deny, was.deny),
    )


def _longest(now: timedelta | None, was: timedelta | None) -> Side:
    if now == was:
        return "same"
    return "narrower" if was is None or (now is not None and now < was) else "looser"


def _denials(pair: Pair, now: tuple[Denial, ...], was: tuple[Denial, ...]) -> Side:
    turned = Pair(now=pair.was, was=pair.now)

    def as_much(old: Denial, new: Denial) -> Side:
        return both(superset(pair, new.what, old.what), within(turned, old.who, new.who))

    kept = [[as_much(old, new) for new in now] for old in was]
    if any(all(side == "looser" for side in sides) for sides in kept):
        return "looser"
    return "same" if len(now) == len(was) and all("same" in sides for sides in kept) else "narrower"


def change(pair: Pair, now: ChangeRule | None, was: ChangeRule | None) -> Side:
    """Fewer who may accept a looser policy, or more who have to, are narrower."""
    if now is None or was is None:
        return "same" if now is was else "narrower" if was is None else "looser"
    return both(within(pair, now.approvers, was.approvers), more(pair, now.needed, was.needed))


def accounts(_: Pair, now: Mapping[str, tuple[str, ...]], was: Mapping[str, tuple[str, ...]]) -> Side:
    """Service accounts: fewer of them, and owners whom nobody lets decide who did not."""
    if now == was:
        return "same"
    kept = all(name in was and set(was[name]) <= set(owners) for name, owners in now.items())
    return "narrower" if kept else "looser"


def gate(pair: Pair, now: Gate, was: Gate) -> Side:
    """What pages demand of whoever comes: more levels or attributes, or fewer values, are narrower."""
    wanted = all(
        name in now.attributes and set(now.attributes[name]) <= set(values)
        for name, values in was.attributes.items()
    )
    levels = superset(pair, now.access_levels, was.access_levels)
    if now.attributes == was.attributes:
        return levels
    return both(levels, "narrower" if wanted else "looser")


def accept(_: Pair, now: Accept, was: Accept) -> Side:
    """The pages alone are narrower than every way."""
    if now == was:
        return "same"
    kept = [one in ("web", other) for one, other in ((now.request, was.request), (now.decide, was.decide))]
    return "narrower" if all(kept) else "looser"


def externals(pair: Pair, now: Externals, was: Externals) -> Side:
    """Fewer outside identities are narrower."""
    return both(subset(pair, now.providers, was.providers), some_of(pair, now.tenants, was.tenants))
