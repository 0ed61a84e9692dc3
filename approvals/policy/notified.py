"""How many people would be told of a request: who may approve, as far as somebody knows who that is."""

from collections.abc import Callable, Iterator

import msgspec

from approvals.people.principals import ours
from approvals.policy.model import Action, Entitlement, Policy
from approvals.policy.selectors import is_quiet, people
from approvals.policy.words import selectors_in_words


class Notified(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a stage tells, or the review of an emergency: `people`, and of `unknown` nobody knows who that is.

    `stage` counts from 1, of `stages`; 0 where nobody else approves. Whoever asks is not taken off, nor is who
    is away.
    """

    id: str
    people: frozenset[str]
    unknown: tuple[str, ...]
    stage: int = 0
    stages: int = 0

    @property
    def where(self) -> str:
        return f"{self.id}, stage {self.stage} of {self.stages}" if self.stages > 1 else self.id

    def __str__(self) -> str:
        count = f"{len(self.people) or 'no'} {'person' if len(self.people) == 1 else 'people'} would be told"
        rest = (
            f", besides {selectors_in_words(self.unknown)}, whose people are not known here"
            if self.unknown
            else ""
        )
        return f"{self.where}: {count}{rest}"


Members = Callable[[str], frozenset[str] | None]
"""The addresses in a directory group; None where they are not known."""


def notified(policy: Policy, *, members: Members = lambda _: None) -> Iterator[Notified]:
    """Count for each stage of all that can be asked for, in the file's order."""
    for asked in policy.offered:
        if isinstance(asked, Entitlement) and asked.break_glass is not None:
            yield _told(policy, asked, asked.break_glass.by, members)
            continue
        stages = asked.requirement.stages
        if not stages:
            yield Notified(id=asked.id, people=frozenset(), unknown=())
        for number, stage in enumerate(stages, start=1):
            told = _told(policy, asked, stage.approvers, members)
            yield msgspec.structs.replace(told, stage=number, stages=len(stages))


def _told(policy: Policy, asked: Entitlement | Action, approvers: tuple[str, ...], members: Members) -> Notified:
    named = people(policy, approvers)
    found, unknown = set(named.known), []
    for each in named.others:
        inside = members(each.removeprefix("group:")) if each.startswith("group:") else None
        if inside is None:
            unknown.append(each)
        else:
            found |= set(ours(inside, policy.identity))
    if asked.requirement.kind != "break_glass":  # of an emergency everybody hears
        found = {who for who in found if not is_quiet(policy, asked.id, who)}
    return Notified(id=asked.id, people=frozenset(found), unknown=tuple(unknown))
