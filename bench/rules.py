"""The whole policy language at size: a file of 2,000 entitlements and 500 groups, read, linted and asked."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from approvals.people.memberships import Memberships
from approvals.policy.evaluate import Ask, evaluate
from approvals.policy.lint import lint
from approvals.policy.load import load
from approvals.policy.model import Policy
from bench.figures import Figure

ENTITLEMENTS = 2_000
GROUPS = 500
_ROUNDS = 3
_ASKS = 2_000
_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def measure(folder: Path) -> list[Figure]:
    """The first lint in seconds of processor time, beside composing the same YAML by PyYAML alone; an evaluation
    in milliseconds of it.
    """
    del folder
    text = policy_text()
    # Its rules are compiled once in a process: the next ones are quicker.
    linted = _timed(lambda: lint(text, source="bench"))
    composed = [_timed(lambda: yaml.compose(text, Loader=yaml.SafeLoader)) for _ in range(_ROUNDS)]
    policy = load(text, source="bench")
    evaluated = [_evaluations(policy) for _ in range(_ROUNDS + 1)][1:]
    found = f"{ENTITLEMENTS:,} entitlements, {GROUPS} groups"
    beside, mean = f"PyYAML composes it in {min(composed):.2f} s", f"the mean of {_ASKS:,}"
    return [
        _below(f"lint of {found}, in s of CPU", linted, target=2.0, beside=beside),
        _below(f"evaluation under {found}, in ms", min(evaluated) * 1000, target=1.0, beside=mean),
    ]


def _below(name: str, value: float, *, target: float, beside: str) -> Figure:
    return Figure(name=name, value=round(value, 4), target=target, better="lower", baseline=beside)


def policy_text() -> str:
    """A policy in which each entitlement has a `when`, an `approve_when` and two stages, under guardrails."""
    groups = "\n".join(f"  team-{number}: [{', '.join(members(number))}]" for number in range(GROUPS))
    entitlements = "\n".join(map(_entitlement, range(ENTITLEMENTS)))
    return f"""\
version: 1
timezone: Europe/Berlin
identity: {{domains: [example.com]}}
groups:
{groups}
guardrails:
  never_roles: [roles/owner, "roles/iam.*"]
  max_duration: 12h
  no_self: ["projects/*-prod"]
  deny:
    - {{who: ["group:team-499"], what: ["projects/*-prod"], reason: Not this team}}
defaults:
  duration: {{default: 1h, max: 4h}}
  channel: "#access"
entitlements:
{entitlements}
"""


def members(team: int) -> list[str]:
    """The people of a team."""
    return [f"p{team * 4 + place}@example.com" for place in range(4)]


def _entitlement(number: int) -> str:
    team, other = number % (GROUPS - 1), (number + 1) % (GROUPS - 1)
    return f"""\
  - id: e-{number}
    title: Entitlement {number}
    resource: projects/shop-{number}-prod
    roles: [roles/run.viewer]
    requesters: ["group:team-{team}"]
    when: request.weekday < 6 && request.hour >= 8 || "group:team-{other}" in requester.groups
    approve_when: approver.channel == "web" || request.duration <= duration("{number % 3 + 1}h")
    approval:
      - {{approvers: ["group:team-{team}"]}}
      - {{approvers: ["group:team-{other}"], sign: typed}}"""


def _timed(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


def _evaluations(policy: Policy) -> float:
    """Seconds that one evaluation takes, of many, each of another entitlement."""
    nobody = Memberships(answers={})
    started = time.process_time()
    for number in range(_ASKS):
        ask = Ask(entitlement=f"e-{number % ENTITLEMENTS}", duration=timedelta(hours=1), justification="INC-42")
        who = members(number % ENTITLEMENTS % (GROUPS - 1))[0]
        evaluate(policy, ask, requester=who, memberships=nobody, begins=_AT).offer()
    return (time.process_time() - started) / _ASKS
