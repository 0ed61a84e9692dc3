"""Where too few people are there to approve or to review, whoever asks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from approvals.policy.model import Policy, Stage
from approvals.policy.quorum import Pool, first_unreachable, pools
from approvals.policy.reading.document import Problem, problem_at
from approvals.policy.reading.entitlements import Written
from approvals.policy.reading.parse import Asked
from approvals.policy.reading.stages import WrittenStage
from approvals.policy.selectors import people
from approvals.policy.words import stage_in_words


def of_quorum(policy: Policy, written: Asked, source: str) -> Iterator[Problem]:
    """Stages that cannot be met, and those of which only others know whether they can."""
    stages = [each.stage for each in written.stages]
    of = partial(_pools, policy, stages)
    found = of("")
    asking = partial(_requesters, policy, written, found)
    short = _shortfalls(policy, of, asking, apart=_apart(policy, written))
    for index, alone in sorted(short.items()):
        yield problem_at(
            written.stages[index].node, source, "unreachable-quorum", _short_text(written.stages[index], alone)
        )
    if not short:
        yield from _unknowable(policy, written, of, asking, source)


def _pools(policy: Policy, stages: Sequence[Stage], asking: str) -> tuple[Pool, ...]:
    return pools(policy, stages, asking=policy.identity.barred(asking))


def of_review(policy: Policy, written: Written, source: str) -> Iterator[Problem]:
    """Somebody's emergency that nobody else can review would keep them from the next one for good."""
    if written.break_glass is None:
        return
    of = partial(_pools, policy, [Stage(approvers=written.break_glass.rule.by)])
    short = _shortfalls(policy, of, partial(_requesters, policy, written, of("")))
    for alone in short.values():
        text = f"nobody else is there to review this when it is asked for by {_some(alone)}"
        yield problem_at(written.break_glass.node, source, "unreachable-review", text)


def _requesters(policy: Policy, written: Asked, stages: Iterable[Pool]) -> Iterator[str]:
    """The known people who may ask; the empty string stands for somebody who approves nothing."""
    found = people(policy, written.requesters)
    yield from sorted(found.known)
    if not found.others:
        return
    yield ""
    domains = {other.removeprefix("domain:") for other in found.others if other.startswith("domain:")}
    approvers = frozenset[str]().union(*(pool.candidates for pool in stages), _apart(policy, written))
    yield from sorted(who for who in approvers - found.known if who.partition("@")[2] in domains)


def _apart(policy: Policy, written: Asked) -> frozenset[str]:
    """The people of every group that a stage keeps the requester's own of: each of them bars others."""
    return people(policy, [each.stage.not_same for each in written.stages if each.stage.not_same]).known


_Pools = Callable[[str], tuple[Pool, ...]]
"""The pools of the stages for one requester."""


def _shortfalls(
    policy: Policy, of: _Pools, asking: Callable[[], Iterable[str]], *, apart: frozenset[str] = frozenset()
) -> dict[int, list[str]]:
    """For each stage that cannot be met, who could not get it met. `apart` may be barred from some."""
    short: dict[int, list[str]] = {}
    closed = [pool for pool in of("") if not pool.open]
    places = sum(pool.needed for pool in closed)
    barred = max(map(len, policy.identity.service_accounts.values()), default=1)
    if all(len(pool.candidates - apart) >= places + barred for pool in closed):
        return short  # whoever asks, each stage has more people than all of them have places
    for person in asking():
        index = first_unreachable(of(person), excluded=policy.identity.barred(person))
        if index is not None:
            short.setdefault(index, []).append(person or "anyone")
    return short


def _short_text(short: WrittenStage, alone: list[str]) -> str:
    stage = stage_in_words(short.stage)
    return f"not enough people for stage {short.number}, {stage}, when it is asked for by {_some(alone)}"


def _some(people: list[str]) -> str:
    return ", ".join(people[:3]) + (f" and {len(people) - 3} more" if len(people) > 3 else "")


def _unknowable(
    policy: Policy, written: Asked, of: _Pools, asking: Callable[[], Iterable[str]], source: str
) -> Iterator[Problem]:
    unsure = [_unsure(policy, each.stage) for each in written.stages]

    def closed(person: str) -> tuple[Pool, ...]:
        """Nobody counts of whom only others know that they may approve, and that nothing bars them."""
        return tuple(
            Pool(candidates=frozenset() if apart else pool.candidates, needed=pool.needed)
            for pool, (_, apart) in zip(of(person), unsure, strict=True)
        )

    if any(map(any, unsure)) and _shortfalls(policy, closed, asking, apart=_apart(policy, written)):
        for each, names in zip(written.stages, unsure, strict=True):
            if who := " or ".join(dict.fromkeys((*names[0], *names[1]))):
                yield problem_at(each.node, source, "unknowable-quorum", _unknown_text(each, who), warning=True)


def _unsure(policy: Policy, stage: Stage) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The selectors whose people only others know: among those of the approvers, and of whom they are apart."""
    apart = (stage.not_same,) if stage.not_same else ()
    return people(policy, stage.approvers).others, people(policy, apart).others


def _unknown_text(each: WrittenStage, who: str) -> str:
    return (
        f"who is in {who} is not known here: make sure that enough people besides the requester are"
        f" (stage {each.number}: {stage_in_words(each.stage)})"
    )
