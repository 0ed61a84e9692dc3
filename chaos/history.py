"""What was ever written into the IAM policies, in the order in which it took effect."""

import base64
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from approvals.targets import all_roles
from approvals.times import rfc3339
from chaos.outside import flat
from chaos.records import Records
from chaos.teams import Flat
from chaos.truths import is_ours
from sandbox.google.state import Call, Google

EFFECTIVE = frozenset({200, 0, 504})
"""Answers of writes that took effect: well, cut off, and the error in place of an answer that got lost."""


def writes(google: Google) -> dict[str, list[Call]]:
    """The service's effective writes of each resource, in order: each one used up the etag that it had read."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in google.calls("setIamPolicy"):
        if call.code in EFFECTIVE:
            found[call.resource].append(call)
    return {name: sorted(calls, key=_turn) for name, calls in found.items()}


def put_back(google: Google, records: Records, *, instance: str, early: set[str]) -> Iterator[str]:
    """A binding that was there and went is never written again, unless another grant's window touched its own."""
    for name, calls in writes(google).items():
        seen: set[Flat] = set()
        gone: set[Flat] = set()
        for call in calls:
            # Who approved may be told anew; what gives access is the rest.
            present = {(*each[:4], "", each[5]) for each in _all(name, call) if is_ours(each, instance)}
            for each in present & gone:
                if not _explained(records, each, early):
                    yield f"written again after it was gone: {each}"
            gone = (gone | (seen - present)) - present
            seen |= present


def _all(name: str, call: Call) -> Iterator[Flat]:
    bindings: list[dict[str, Any]] = call.body["policy"].get("bindings", [])
    for binding in bindings:
        yield from flat(name, binding)


def _turn(call: Call) -> bytes:
    return base64.b64decode(call.body["policy"]["etag"])


def _explained(records: Records, binding: Flat, early: set[str]) -> bool:
    """Several grants of this person's met here in time, or others took it out before it was read back."""
    resource, role, member = binding[:3]
    held = [
        r
        for r in records.of(resource=resource, person=member.removeprefix("user:"))
        if role in all_roles(r.terms.targets)
    ]
    granted = [(request, request.grant.window) for request in held if request.grant]
    mine = [(r, window) for r, window in granted if rfc3339(window.start) in binding[5]]
    meeting = any(a != b and a.start <= b.end and b.start <= a.end for _, a in mine for _, b in granted)
    return meeting or any(request.id in early for request, _ in mine)
