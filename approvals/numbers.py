"""What administrators want to know of many requests: how long decisions take, what nobody uses or answers."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from approvals.people.principals import ours
from approvals.policy.model import Policy, Requirement, Stage
from approvals.policy.notified import Members
from approvals.policy.selectors import is_quiet, people
from approvals.policy.stages import step_of
from approvals.requests import Request, every_review

OFTEN = 5
"""Whoever was asked less often than that is not said to answer nothing."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """How long people took to approve or deny, in seconds: the middle of it, and what nine of ten did not exceed.

    Of `decided` by people, of all that was `asked`. None where people decided nothing.
    """

    name: str
    title: str = ""
    asked: int = 0
    decided: int = 0
    median: int | None = None
    ninth: int | None = None


class Silent(msgspec.Struct, frozen=True, kw_only=True):
    """On how many decided requests a person was asked who voted on none."""

    person: str
    asked: int


class Unasked(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy offers and nobody asked for."""

    name: str
    title: str


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """Of the requests that were filed from `since` on. `read` is how many those are; `whole`: none was left out.

    `outcomes` counts them by what was decided, or `pending`. `weeks` are named by their first days in UTC, and
    begin on Mondays. `silent` were asked `OFTEN` times or more and voted on nothing; nobody is counted of whom
    only selectors tell that are `unlisted`. `unused`: what the policy offers and nobody asked for.
    `emergencies` is the number of breaks of the glass, `unreviewed` how many of all
    emergencies, however long ago, nobody has reviewed.
    """

    since: datetime
    until: datetime
    read: int
    whole: bool
    outcomes: Mapping[str, int]
    entitlements: tuple[Taken, ...]
    weeks: tuple[Taken, ...]
    silent: tuple[Silent, ...]
    unlisted: tuple[str, ...]
    unused: tuple[Unasked, ...]
    emergencies: int
    unreviewed: int


class Count:
    """Adds requests up, one at a time, and keeps none of them."""

    def __init__(self, policy: Policy, *, members: Members = lambda _: None) -> None:
        """`members` lists directory groups; those of whom it says nothing are `unlisted`."""
        self._policy = policy
        self._members = members
        self._unlisted: set[str] = set()
        self._read = self._emergencies = 0
        self._outcomes: Counter[str] = Counter()
        self._titles: dict[str, str] = {each.id: each.title for each in policy.offered}
        self._asked: dict[str, Counter[str]] = {"entitlement": Counter(), "week": Counter()}
        self._took: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._called: Counter[str] = Counter()
        self._voted: set[str] = set()
        self._approvers: dict[tuple[str, Requirement, bool], frozenset[str]] = {}

    def add(self, request: Request) -> None:
        """Count one."""
        name, week = request.terms.entitlement, _week(request.filed)
        self._read += 1
        self._titles.setdefault(name, request.terms.title)
        self._outcomes[request.decision.outcome if request.decision is not None else "pending"] += 1
        self._emergencies += request.after_review is not None
        for kind, key in (("entitlement", name), ("week", week)):
            self._asked[kind][key] += 1
            if (took := _took(request)) is not None:
                self._took[kind, key].append(took)
        self._count_people(request)

    def _count_people(self, request: Request) -> None:
        primary = self._policy.identity.primary
        voted = {primary(each.person) for each in every_review(request)}
        self._voted.update(voted)
        if request.decision is None or request.decision.outcome == "withdrawn":
            return  # it may still be answered, or nobody had to answer any more
        whole = request.decision.outcome == "approved"
        asked = self._named(request.terms.entitlement, request.terms.requirement, whole=whole)
        self._called.update(asked - {primary(request.requester)} - voted)

    def _named(self, entitlement: str, requirement: Requirement, *, whole: bool) -> frozenset[str]:
        """Who approves by the policy of now: in all steps, or in the first, and nobody who is quiet."""
        key = (entitlement, requirement, whole)
        if key not in self._approvers:
            stages = requirement.stages
            open_ = stages if whole or not stages else [stages[place] for place in step_of(stages, 0)]
            named = {who for stage in open_ for who in self._everybody(stage)}
            self._approvers[key] = frozenset(who for who in named if not is_quiet(self._policy, entitlement, who))
        return self._approvers[key]

    def _everybody(self, stage: Stage) -> Iterator[str]:
        named = people(self._policy, stage.approvers)
        yield from named.known
        for selector in named.others:
            group = selector.removeprefix("group:")
            listed = self._members(group) if group != selector else None
            if listed is None:
                self._unlisted.add(selector)
            yield from ours(listed or (), self._policy.identity)

    def numbers(self, *, since: datetime, until: datetime, whole: bool, unreviewed: int) -> Numbers:
        """What all of them come to."""
        return Numbers(
            since=since,
            until=until,
            read=self._read,
            whole=whole,
            outcomes=dict(sorted(self._outcomes.items())),
            entitlements=self._taken("entitlement"),
            weeks=self._taken("week"),
            silent=tuple(
                Silent(person=who, asked=count)
                for who, count in sorted(self._called.items(), key=lambda each: (-each[1], each[0]))
                if count >= OFTEN and who not in self._voted
            ),
            unlisted=tuple(sorted(self._unlisted)),
            unused=tuple(
                Unasked(name=each.id, title=each.title)
                for each in self._policy.offered
                if each.id not in self._asked["entitlement"]
            ),
            emergencies=self._emergencies,
            unreviewed=unreviewed,
        )

    def _taken(self, kind: str) -> tuple[Taken, ...]:
        titles: Mapping[str, str] = self._titles if kind == "entitlement" else {}
        return tuple(
            _of(name, titles.get(name, ""), count, self._took.get((kind, name), []))
            for name, count in sorted(self._asked[kind].items())
        )


def _of(name: str, title: str, asked: int, took: list[int]) -> Taken:
    if not took:
        return Taken(name=name, title=title, asked=asked)
    from statistics import median  # noqa: PLC0415 - a start counts nothing

    ordered = sorted(took)
    # The least that nine of ten did not exceed (nearest rank).
    ninth = ordered[-(-len(ordered) * 9 // 10) - 1]
    return Taken(name=name, title=title, asked=asked, decided=len(took), median=int(median(ordered)), ninth=ninth)


def _took(request: Request) -> int | None:
    """Seconds until people decided; None where time, the policy or the requester did, or nobody yet."""
    decision = request.decision
    if decision is None or decision.outcome not in ("approved", "denied") or not decision.by:
        return None
    if not request.terms.requirement.stages:
        return None
    return max(0, int((decision.at - request.filed).total_seconds()))


def _week(moment: datetime) -> str:
    return f"{moment - moment.weekday() * timedelta(days=1):%Y-%m-%d}"
