"""Two policies side by side: which of two values is the narrower one."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Literal

import msgspec

from approvals.policy.model import Policy
from approvals.policy.selectors import expanded

Side = Literal["same", "told", "narrower", "looser"]
"""`told`: nobody gets anything by it, and only messages, or words, are other."""


class Pair(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The policy that is to come, and the one before it."""

    now: Policy
    was: Policy

    @cached_property
    def other_groups(self) -> bool:
        """A local group has other members, so that a rule about groups means other people."""
        return self.now.groups != self.was.groups


def both(*sides: Side) -> Side:
    """All of these at once: one that is looser makes the whole so."""
    for side in ("looser", "narrower", "told"):
        if side in sides:
            return side
    return "same"


def equal(_: Pair, now: object, was: object) -> Side:
    return "same" if now == was else "looser"


def fewer(_: Pair, now: Any, was: Any) -> Side:
    """Less of it gives less."""
    return "same" if now == was else "narrower" if now < was else "looser"


no_longer = fewer


def more(_: Pair, now: Any, was: Any) -> Side:
    """More of it asks for more."""
    return "same" if now == was else "narrower" if now > was else "looser"


def within(pair: Pair, now: Iterable[str], was: Iterable[str]) -> Side:
    """Whoever these selectors mean now, each by its own policy, was meant before."""
    one, other = expanded(pair.now, tuple(now)), expanded(pair.was, tuple(was))
    sides = (one.people, one.domains, one.groups), (other.people, other.domains, other.groups)
    if sides[0] == sides[1]:
        return "same"
    people = all(who in other.people or who.rpartition("@")[2] in other.domains for who in one.people)
    return "narrower" if people and one.domains <= other.domains and one.groups <= other.groups else "looser"


def ruled(pair: Pair, now: str, was: str) -> Side:
    """A rule in CEL. One where none was asks for more; two that differ cannot be compared."""
    if now != was:
        return "looser" if was else "narrower"
    return "looser" if "group:" in now and pair.other_groups else "same"


def told(_: Pair, now: object, was: object) -> Side:
    return "same" if now == was else "told"


def gone(_: Pair, now: object, was: object) -> Side:
    """A condition, or a word that was given: there is one now where none was."""
    return "same" if now == was else "narrower" if not was else "looser"


def one_of(strict: str) -> Callable[[Pair, object, object], Side]:
    def judge(_: Pair, now: object, was: object) -> Side:
        return "same" if now == was else "narrower" if now == strict else "looser"

    return judge


def subset(_: Pair, now: tuple[Any, ...], was: tuple[Any, ...]) -> Side:
    """Fewer of what was there; the order says nothing."""
    if all(each in was for each in now):
        return "same" if all(each in now for each in was) else "narrower"
    return "looser"


def some_of(pair: Pair, now: tuple[str, ...], was: tuple[str, ...]) -> Side:
    """The same of a list that means something else where it is empty."""
    return equal(pair, now, was) if not (now and was) else subset(pair, now, was)


def superset(pair: Pair, now: tuple[Any, ...], was: tuple[Any, ...]) -> Side:
    side = subset(pair, was, now)
    return side if side == "same" else "narrower" if side == "narrower" else "looser"
