"""What guardrails say to Alice, who asks to refund 100 EUR; and how to say otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from approvals.people.persons import OnBehalf
from approvals.policy.guardrails import Judgement, judge
from approvals.policy.model import Action, Guardrail, Parameter, Requirement, Stage
from approvals.targets import Given, ParameterType

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ALICE = OnBehalf(
    principal="alice@example.com",
    proven="token",
    issuer="okta",
    subject="00u1",
    claims={"type": ("employee",), "groups": ("support", "night")},
    acr="pwd",
    amr=("pwd",),
    auth_time=NOW - timedelta(minutes=5),
)
TYPES: dict[str, ParameterType] = {
    "amount": "money",
    "fee": "money",
    "count": "number",
    "order": "string",
    "due": "time",
    "card": "secret",
}
CALL = {"amount": "100.00 EUR", "count": "3", "order": "A-17", "due": "2026-03-02T10:00:00Z", "card": "sha256:0"}

YES, NO, BROKEN = "true", "false", '["x"][5] == "x"'
TRUTHS = (YES, NO, BROKEN)


def guardrail(then: Any, when: str = YES, **rest: Any) -> Guardrail:
    return Guardrail(when=when, then=then, **({"max_age": 60} if then == "step_up" else {}) | rest)


def action(*guardrails: Guardrail) -> Action:
    return Action(
        id="refund",
        application="payments",
        title="Refund",
        parameters=tuple(Parameter(name=name, label=name, type=kind) for name, kind in TYPES.items()),
        requesters=("domain:example.com",),
        requirement=Requirement(kind="stages", stages=(Stage(approvers=("user:bob@example.com",)),)),
        guardrails=guardrails,
        pending=timedelta(hours=1),
    )


def judged(
    *guardrails: Guardrail, person: OnBehalf = ALICE, call: dict[str, str] = CALL, now: datetime = NOW
) -> Judgement:
    values = tuple(Given(name=name, label=name, type=TYPES[name], value=value) for name, value in call.items())
    return judge(
        action(*guardrails), person=person, given=values, application="payments", now=now, timezone="Europe/Berlin"
    )


def outcome(*guardrails: Guardrail, **rest: Any) -> str:
    return judged(*guardrails, **rest).outcome


def alice(**changes: Any) -> OnBehalf:
    return msgspec.structs.replace(ALICE, **changes)
