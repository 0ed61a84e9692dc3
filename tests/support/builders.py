"""Small records for tests: each has one good value for everything, and the test names what matters to it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from approvals.changes import Change, ReviewKey
from approvals.grants import Grant, GrantState, Window
from approvals.people.persons import OnBehalf
from approvals.policy.model import Requirement, Stage
from approvals.ports.store import Installation
from approvals.requests import Request
from approvals.reviews import Review, typed
from approvals.targets import ActionCall, ApprovalOnly, Given, IamRoles
from approvals.terms.covered import cover
from approvals.terms.records import Asked, Terms
from approvals.times import rfc3339
from countersign_client.canonical import text_digest
from countersign_client.chain import START, Entry

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
RESOURCE = "projects/payments-prod"
ONE_APPROVER = Requirement(kind="stages", stages=(Stage(approvers=("user:bob@example.com",)),))


def installation(generation: str) -> Callable[[], Installation]:
    """What a store of a certain generation answers when it is asked who it is."""
    made = Installation(instance="demo", generation=generation, schema=1, created=NOW)
    return lambda: made


def terms(**changes: Any) -> Terms:
    """An hour of one role on one project, which one approver must allow."""
    place: dict[str, Any] = {"resource": RESOURCE, "roles": ("roles/run.admin",), "condition": ""}
    target = IamRoles(**{name: changes.pop(name, value) for name, value in place.items()})
    good = Terms(
        entitlement="payments-admin",
        title="Payments administration",
        targets=(target,),
        duration=timedelta(hours=1),
        justification=typed("INC-42", salt="s" * 16),
        expires=NOW + timedelta(hours=8),
        requirement=ONE_APPROVER,
        policy="sha256:" + "a" * 64,
    )
    return msgspec.structs.replace(good, **changes)


OTHER = "projects/payments-data"
BUNDLE = (
    IamRoles(resource=RESOURCE, roles=("roles/run.admin",)),
    IamRoles(resource=OTHER, roles=("roles/bigquery.dataViewer", "roles/bigquery.user"), condition="true"),
)
"""Two targets of one request."""


PERSON = OnBehalf(
    principal="alice@example.com",
    proven="token",
    issuer="staff",
    subject="00u-alice",
    claims={"type": ("employee",), "groups": ("support", "emea")},
    acr="phr",
    amr=("hwk", "pin"),
    auth_time=NOW - timedelta(minutes=2),
    expires=NOW + timedelta(minutes=58),
)
REFUND = ActionCall(
    application="shop",
    action="refund",
    parameters=(
        Given(name="amount", label="Amount", type="money", value="250.00 EUR"),
        Given(name="order", label="Order", type="string", value="A-17"),
        Given(name="card", label="Card", type="secret", value=text_digest("c" * 16, "No. 4111"), salt="c" * 16),
    ),
    key="order/A-17",
    data='{"channel":"phone"}',
    metadata={"system": "payments"},
    risk="Money leaves the account",
)


def action_terms(**changes: Any) -> Terms:
    """A refund that the shop asks for on alice's behalf, with one approver and ten minutes to use it."""
    good = terms(
        entitlement="refund",
        title="Refund a payment",
        targets=(REFUND,),
        duration=timedelta(minutes=10),
        person=PERSON,
    )
    return msgspec.structs.replace(good, **changes)


def approval_terms(**changes: Any) -> Terms:
    """An approval alone, which stands for an hour and grants nothing; one approver must give it."""
    good = terms(entitlement="friday", title="Deploy on Friday", targets=(ApprovalOnly(),))
    return msgspec.structs.replace(good, **changes)


def review(person: str = "bob@example.com", **changes: Any) -> Review:
    """A plain approval on a card in Slack."""
    good = Review(
        person=person,
        verdict="approve",
        at=NOW,
        channel="slack",
        account="slack:T0123ABCD/U0B0BB0B0",
        jti="jti-of-" + person,
    )
    return msgspec.structs.replace(good, **changes)


def grant(state: GrantState = "active", *, start: datetime = NOW, **changes: Any) -> Grant:
    """An hour of access from `start`."""
    return Grant(state=state, window=Window(start=start, end=start + timedelta(hours=1)), **changes)


def filed(request_id: str = "r-0123456789", **changes: Any) -> Change:
    """The first change of a request: alice asks, and the request is pending."""
    asked = Asked(
        request=request_id,
        revision=1,
        requester=changes.get("requester", "alice@example.com"),
        terms=changes.get("terms") or terms(),
    )
    covered = cover(asked)
    blank = Request(
        id=request_id,
        revision=1,
        requester=asked.requester,
        account="slack:T0123ABCD/U0A11CE00",
        terms=asked.terms,
        covered=covered.text,
        digest=covered.digest,
        state="pending",
        filed=NOW,
        updated=NOW,
        version=0,
        seq=0,
        head=START,
    )
    return following(blank, action="filed", **changes)


def following(
    record: Request,
    *,
    action: str = "changed",
    detail: Mapping[str, Any] | None = None,
    key: ReviewKey | None = None,
    wake: tuple[str, ...] = (),
    due: datetime = NOW,
    **changes: Any,
) -> Change:
    """The next change of a request, with one audit entry; `changes` are the record's new values.

    `grant` is that of a request with one target.
    """
    if "grant" in changes:
        only = changes.pop("grant")
        changes["grants"] = (only,) if only is not None else ()
    entry = Entry(
        request=record.id,
        seq=record.seq + 1,
        at=rfc3339(NOW),
        actor="alice@example.com",
        action=action,
        detail=detail or {},
        prev=record.head,
    )
    after = {"version": record.version + 1, "seq": entry.seq, "head": entry.hash} | changes
    return Change(
        request=msgspec.structs.replace(record, **after), entries=(entry,), review=key, wake=wake, due=due
    )


def review_key(
    record: Request, person: str = "bob@example.com", *, jti: str = "jti-1", number: int = 1
) -> ReviewKey:
    return ReviewKey(request=record.id, revision=record.revision, person=person, jti=jti, number=number)
