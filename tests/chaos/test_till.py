"""Applications use what was approved while the service is killed; what one did wrong would be found."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.policy.model import Requirement
from approvals.requests import Decision, Request, Use
from chaos import scene, uses
from chaos.findings import Findings
from chaos.till import Till
from chaos.uses import Told
from countersign_client.chain import Entry
from sandbox.app import Sandbox
from tests.support.builders import NOW, action_terms, filed

BOB = "bob@example.com"
ID = "r-0123456789"
TOLD = Told(request=ID, key="job-1", proof="a")
APPROVERS = frozenset({BOB})


def used(**changes: Any) -> Request:
    good = {
        "state": "used",
        "decision": Decision(outcome="approved", at=NOW, by=(BOB,)),
        "used": Use(at=NOW + timedelta(minutes=1), by="shop", key="job-1"),
    }
    terms = changes.pop("terms", action_terms())
    return msgspec.structs.replace(filed(ID, terms=terms).request, **(good | changes))


def acts(*names: str) -> Sequence[Entry]:
    return [
        Entry(request=ID, seq=number, at="2026-11-22T10:00:00Z", actor=BOB, action=name, detail={}, prev="")
        for number, name in enumerate(names, 1)
    ]


ONCE = acts("request.filed", "request.approved", "request.used")


@pytest.mark.parametrize(
    "said",
    [
        [TOLD, msgspec.structs.replace(TOLD, key="job-2")],
        [TOLD, msgspec.structs.replace(TOLD, proof="b")],
    ],
)
def test_a_second_use_is_found(said: list[Told]) -> None:
    assert list(uses.twice(said))


@pytest.mark.parametrize(
    ("changes", "entries"),
    [
        ({"state": "approved", "used": None}, ONCE),
        ({"state": "pending", "used": None, "decision": None}, ONCE),
        ({"used": Use(at=NOW, by="shop", key="job-2")}, ONCE),
        ({"decision": None}, ONCE),
        ({"decision": Decision(outcome="denied", at=NOW, by=(BOB,))}, ONCE),
        ({"decision": Decision(outcome="approved", at=NOW, by=())}, ONCE),
        ({"decision": Decision(outcome="approved", at=NOW, by=("alice@example.com",))}, ONCE),
        ({"decision": Decision(outcome="approved", at=NOW, by=("mallory@example.com",))}, ONCE),
        ({}, acts("request.filed", "request.approved", "request.used", "request.used")),
        ({}, acts("request.filed", "request.approved", "request.approved", "request.used")),
    ],
)
def test_what_was_not_approved_and_used_once_is_found(changes: dict[str, Any], entries: Sequence[Entry]) -> None:
    assert list(uses.unapproved(TOLD, used(**changes), entries, approvers=APPROVERS))


def test_what_was_approved_and_used_once_is_right() -> None:
    assert list(uses.twice([TOLD, TOLD])) == []
    assert list(uses.unapproved(TOLD, used(), ONCE, approvers=APPROVERS)) == []
    allowed = used(
        terms=action_terms(requirement=Requirement(kind="allow")),
        decision=Decision(outcome="approved", at=NOW, by=()),
    )
    assert list(uses.unapproved(TOLD, allowed, ONCE, approvers=APPROVERS)) == []


@pytest.mark.long
def test_over_kills_nothing_is_used_twice_or_unapproved(tmp_path: Path) -> None:
    findings = Findings()
    with Sandbox.start(world_file=scene.world(tmp_path / "world.yaml")) as box:
        till = Till(tmp_path / "till", box, seed=7, findings=findings)
        try:
            till.play(2)
        finally:
            till.service.end()
    assert findings.clean(), findings.table()
    assert till.counts["till: kills"] == 2
    assert till.counts["till: approvals used"] > 0, till.counts
    assert till.counts["agents: proxies killed"] >= 2, till.counts
    assert till.counts["agents: runs that the tool counted"] > 0, till.counts
    assert till.counts["agents: told denied"] > 0, till.counts
    assert till.counts["agents: calls that people denied"] > 0, till.counts
