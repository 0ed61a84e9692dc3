"""What a policy lets applications do otherwise than the one before it: what is looser, and what is narrower."""

import pytest

from approvals.policy.loosening import differences, looser
from tests.approvals.policy.actions import FILE, policy

LINES = [f"{line}\n" for line in FILE.splitlines()]
REFUSE, STEP_UP, ALLOW, ORDER = (
    next(line for line in LINES if piece in line)
    for piece in ("then: refuse", "then: step_up", "then: allow", "name: order")
)
WHOM = '["domain:example.com"]'

LOOSER = {
    "a guardrail more that allows": (REFUSE, f"{REFUSE}{ALLOW.replace('100', '200')}"),
    "a guardrail more that lets past with a sign-in": (REFUSE, f"{REFUSE}{STEP_UP.replace('15m', '5m')}"),
    "a guardrail less that refuses": (REFUSE, ""),
    "a guardrail less that wants a sign-in": (STEP_UP, ""),
    "a sign-in that may be older": ("max_age: 300", "max_age: 600"),
    "a parameter less that is shown": (ORDER, ""),
    "another risk": ("risk: Money leaves", "risk: Nothing leaves"),
    "another claim of an issuer": ("type: employee_type", "type: kind"),
    "more audiences": ('"api://payments"', '["api://payments", "api://other"]'),
    "people by its own word": ("    webhook: ", "    may_assert: true\n    webhook: "),
    "another place that is told": ("hooks/countersign", "hooks/other"),
}
NARROWER = {
    "fewer people for whom": (f"requesters: {WHOM}", 'requesters: ["group:finance"]'),
    "less time to use it": ("use_by: 10m", "use_by: 9m"),
    "a guardrail less that allows": (ALLOW, ""),
    "a guardrail more that refuses": (REFUSE, f"{REFUSE}      - {{when: 'subject.acr == \"\"', then: refuse}}\n"),
}


@pytest.mark.parametrize(("old", "new"), LOOSER.values(), ids=LOOSER)
def test_more_that_an_application_may_do_is_looser(old: str, new: str) -> None:
    assert looser(differences(policy((old, new)), before=policy()))


@pytest.mark.parametrize(("old", "new"), NARROWER.values(), ids=NARROWER)
def test_less_that_an_application_may_do_is_narrower_and_the_way_back_is_looser(old: str, new: str) -> None:
    found = differences(policy((old, new)), before=policy())
    assert [each.side for each in found] == ["narrower"]
    assert looser(differences(policy(), before=policy((old, new))))
