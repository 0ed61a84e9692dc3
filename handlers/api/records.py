"""What answers hold, member by member. New members may come; none goes or changes its meaning."""

from typing import Literal

import msgspec

from approvals.reviews import Verdict

Kind = Literal["person", "service_account"]
Can = Literal[
    "approve",
    "several",
    "sign",
    "offer",
    "deny",
    "take_back",
    "withdraw",
    "accept",
    "end",
    "extend",
    "after_review",
]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What every answer about a request begins with. `page` is where people see it; `access` how that stands.

    `grant` is `iam`, or `none` of an approval alone: that gives nothing, and `access` says how it stands.
    It is empty of an application's action.
    """

    id: str
    url: str
    page: str
    revision: int
    digest: str
    version: int
    state: str
    access: str | None
    grant: Literal["iam", "group", "none", ""]
    filed: str
    expires: str


class Done(Record, frozen=True, kw_only=True):
    """What a call has changed. `vote` is the caller's; `repeated`: it stood already, and nothing was changed."""

    vote: Verdict | None = None
    repeated: bool = False


class Requester(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked."""

    principal: str
    kind: Kind


class Brief(Record, frozen=True, kw_only=True):
    """A request as an entry of a list; `line` says it in words, `duration` is in seconds.

    `start` is when its access is asked to begin; null: with its approval. `extends` is the id of the request whose
    access it continues, or empty.
    """

    requester: Requester
    entitlement: str
    title: str
    duration: int
    start: str | None
    extends: str
    line: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One target, and how the access to it stands, where there is any."""

    resource: str
    roles: tuple[str, ...]
    condition: str
    state: str | None


class Span(msgspec.Struct, frozen=True, kw_only=True):
    start: str
    end: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The decision. `by` is empty where time or the policy decided."""

    outcome: str
    at: str
    by: tuple[str, ...]
    reason: str
    comment: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of the approval, and how far it is; `open`: it is this one's turn."""

    approvers: tuple[str, ...]
    needed: int
    sign: bool
    counted: tuple[str, ...]
    missing: int
    open: bool


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """One vote. `several`: it approves as many calls of a tool as were offered, in the place of the one."""

    person: str
    verdict: Verdict
    at: str
    channel: str
    comment: str
    printed_name: str
    meaning: str
    several: bool


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """What an approver offers instead, by the revision and digest that accepting it takes; `line` says it."""

    by: str
    at: str
    revision: int
    digest: str
    duration: int
    targets: tuple[Part, ...]
    comment: str
    line: str


class Emergency(msgspec.Struct, frozen=True, kw_only=True):
    """That nobody approved it, who has to review it by when, and what was found; null before that."""

    reviewers: tuple[str, ...]
    due: str
    justified: bool | None
    by: str
    at: str | None
    reason: str


class Hindered(msgspec.Struct, frozen=True, kw_only=True):
    """Why a verdict of the caller's would not count now."""

    verdict: Verdict
    code: str
    detail: str


class You(msgspec.Struct, frozen=True, kw_only=True):
    """What the request is to the caller."""

    holder: bool
    vote: Verdict | None
    can: tuple[Can, ...]
    cannot: tuple[Hindered, ...]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    text: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The lines that people are shown, without markup.

    `ends` is what to end it comes to; empty where there is nothing to end.
    """

    headline: str
    meaning: str
    facts: tuple[Fact, ...]
    roles: tuple[str, ...]
    conditions: tuple[Fact, ...]
    before: str
    notes: tuple[str, ...]
    why: str
    effect: str
    approvals: tuple[str, ...]
    reviews: tuple[str, ...]
    reason: str
    reason_title: str
    footer: str
    ends: str


class Whole(Brief, frozen=True, kw_only=True):
    """All of a request that the caller may see. What was typed is there until it is `erased`."""

    justification: str
    erased: str | None
    targets: tuple[Part, ...]
    window: Span | None
    decision: Outcome | None
    stages: tuple[Step, ...]
    missing: int
    reviews: tuple[Vote, ...]
    offer: Offered | None
    frozen: str | None
    break_glass: Emergency | None
    you: You
    card: Shown
