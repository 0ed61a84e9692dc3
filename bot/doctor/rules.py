"""The policy as a part that is examined: the file, what is in force, and what it needs of this service."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from approvals.policy.lint import lint
from approvals.policy.load import load
from approvals.policy.model import Policy
from approvals.policy.reading.document import PolicyError
from approvals.ports.examining import Diagnosis, found
from approvals.ports.store import StoredPolicy
from approvals.refusals.errors import CountersignError
from bot.policy_file import contents

PART = "policy"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy file came to: a policy, or what is wrong with it."""

    path: Path
    policy: Policy | None = None
    raw: bytes = b""
    unreadable: str = ""
    problems: tuple[str, ...] = ()


def read(path: Path) -> Reading:
    """Read a policy file, whatever stands in it."""
    try:
        raw = contents(path)
    except OSError as error:
        return Reading(path=path, unreadable=error.strerror or type(error).__name__)
    try:
        return Reading(path=path, policy=load(raw, source=str(path)), raw=raw)
    except PolicyError as error:
        return Reading(path=path, raw=raw, problems=tuple(map(str, error.problems)))


def examine(
    reading: Reading, *, in_force: Callable[[], StoredPolicy | None], lacking: Callable[[Policy], str]
) -> Iterator[Diagnosis]:
    """Judge the file first: that needs nobody else. `in_force` raises what the store does."""
    where, policy = str(reading.path), reading.policy
    if reading.unreadable:
        yield found(PART, "wrong", "policy.unreadable", where=where, said=reading.unreadable)
    for problem in reading.problems:
        yield found(PART, "wrong", "policy.wrong", where=where, said=problem)
    if policy is None:
        return
    if said := lacking(policy):
        yield found(PART, "wrong", "policy.lacking", said=said)
    if count := sum(problem.severity == "warning" for problem in lint(reading.raw, source=where)):
        yield found(PART, "warning", "policy.warnings", where=where, count=count)
    try:
        stored = in_force()
    except CountersignError:
        yield found(
            PART, "unknown", "skipped", because="the store that says which one is in force does not answer"
        )
        return
    if stored is None:
        yield found(PART, "ok", "policy.first", where=where)
    elif stored.digest != policy.digest:
        yield found(PART, "warning", "policy.other", where=where, digest=stored.digest)
    else:
        yield found(PART, "ok", "policy.ok", where=where)
