"""Whom a drill calls, and which approvals cannot be had any more when those who did not answer are away."""

from collections.abc import Collection, Iterator, Sequence

import msgspec

from approvals.people.principals import ours
from approvals.policy.model import Action, Entitlement, Policy, Stage, deciding_stages
from approvals.policy.notified import Members, notified
from approvals.policy.quorum import Pool, first_unreachable
from approvals.policy.selectors import people


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """Who may approve, and the selectors of whom nobody knows who that is."""

    people: frozenset[str]
    unknown: tuple[str, ...]


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A stage (from 1) of what is asked for that needs more people than are `left`; `review`: of an emergency."""

    id: str
    title: str
    stage: int
    stages: int
    needed: int
    left: int
    review: bool = False


def called(policy: Policy, ids: Collection[str], *, members: Members = lambda _: None) -> Called:
    """Everybody who decides on one of these, as far as the policy or the directory says who that is."""
    told = [each for each in notified(policy, members=members) if each.id in ids]
    unknown = dict.fromkeys(selector for each in told for selector in each.unknown)
    return Called(people=frozenset().union(*(each.people for each in told)), unknown=tuple(unknown))


def lost(policy: Policy, silent: Collection[str], *, members: Members = lambda _: None) -> Iterator[Lost]:
    """What could be approved with everybody, and cannot without these people. A quiet backup is there."""
    for asked in policy.offered:
        pools = [_pool(policy, stage, members) for stage in deciding_stages(asked)]
        index = first_unreachable(pools, excluded=silent)
        if index is not None and first_unreachable(pools, excluded=()) is None:
            yield _lost(asked, pools, index, silent)


def _lost(asked: Entitlement | Action, pools: Sequence[Pool], index: int, silent: Collection[str]) -> Lost:
    return Lost(
        id=asked.id,
        title=asked.title,
        stage=index + 1,
        stages=len(pools),
        needed=pools[index].needed,
        left=len(pools[index].candidates.difference(silent)),
        review=asked.requirement.kind == "break_glass",
    )


def _pool(policy: Policy, stage: Stage, members: Members) -> Pool:
    """Whoever asks is not taken off, for a drill is not about one of them."""
    named = people(policy, stage.approvers)
    found, is_open = set(named.known), False
    for each in named.others:
        inside = members(each.removeprefix("group:")) if each.startswith("group:") else None
        is_open = is_open or inside is None
        found |= set(ours(inside, policy.identity)) if inside is not None else set()
    return Pool(candidates=frozenset(found), needed=stage.needed, open=is_open)
