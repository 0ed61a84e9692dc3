"""A policy gets looser while the service is killed; one that was accepted by too few would be found."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.requests import Decision, Request
from approvals.targets import ActionCall, Given
from chaos import policies, scene
from chaos.findings import Findings
from chaos.holding import Holding
from sandbox.app import Sandbox
from tests.support.builders import NOW, action_terms, filed

BOB, CAROL, EVE = (f"{name}@example.com" for name in ("bob", "carol", "eve"))


def accepting(
    before: str, now: str, *, by: Sequence[str] = (BOB, CAROL), state: str = "used", outcome: Any = "approved"
) -> Request:
    """The request by which a policy came into force instead of another one."""
    said = [("digest", now), ("in_force", before)]
    given = tuple(Given(name=name, label=name, type="string", value=value) for name, value in said)
    call = ActionCall(application="Countersign itself", action="policy.change", parameters=given)
    decision = Decision(outcome=outcome, at=NOW, by=tuple(by))
    request, terms = filed(terms=action_terms()).request, action_terms(targets=(call,))
    return msgspec.structs.replace(request, terms=terms, state=state, decision=decision)


def unaccepted(digests: str, *requests: Request) -> list[str]:
    """Of policies that have one letter each: a later one is looser."""
    return list(
        policies.unaccepted(
            list(digests), requests, looser=lambda now, before: now > before, acceptors=(BOB, CAROL), needed=2
        )
    )


@pytest.mark.parametrize(
    ("digests", "requests"),
    [
        ("ab", []),
        ("ab", [accepting("b", "a")]),
        ("ab", [accepting("a", "c")]),
        ("ab", [accepting("a", "b", by=[BOB])]),
        ("ab", [accepting("a", "b", by=[BOB, BOB])]),
        ("ab", [accepting("a", "b", by=[BOB, CAROL, EVE])]),
        ("ab", [accepting("a", "b", state="approved")]),
        ("ab", [accepting("a", "b", outcome="denied")]),
        ("abab", [accepting("a", "b")]),
    ],
)
def test_a_looser_policy_that_too_few_accepted_is_found(digests: str, requests: list[Request]) -> None:
    assert len(unaccepted(digests, *requests)) == 1


def test_what_is_narrower_or_was_accepted_each_time_is_right() -> None:
    assert unaccepted("ba") == []
    assert unaccepted("abab", accepting("a", "b"), accepting("a", "b")) == []


@pytest.mark.long
def test_over_a_kill_no_looser_policy_serves_unaccepted(tmp_path: Path) -> None:
    findings = Findings()
    with Sandbox.start(world_file=scene.world(tmp_path / "world.yaml")) as box:
        holding = Holding(tmp_path / "holding", box, seed=7, findings=findings)
        try:
            holding.play(1)
        finally:
            holding.service.end()
    assert findings.clean(), findings.table()
    assert findings.checks["held"] == 1
    assert holding.counts["policies: in force"] > 0, holding.counts
