"""What happens around the service: faults of the vendors, other hands in the IAM policies, policy edits."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from approvals.access.bindings import TITLE
from chaos import scene
from chaos.script import Act, Fault
from chaos.teams import Flat, Teams
from sandbox.app import Sandbox
from sandbox.google.faults import Fault as GoogleFault
from sandbox.mail_faults import Fault as MailFault

SILENCE = 12.0
"""Seconds without an answer after the effect: more than the service waits for a read or a write of a policy."""

REPLIES = {"451": "451 4.7.1 Greylisted, try again later", "550": "550 5.1.1 No such user here"}
"""How a mail server refuses a recipient, for now and for good."""


class Outside:
    """`kept` are the bindings that others made and still want. `early`: see `strip`."""

    def __init__(self, box: Sandbox, policy_file: Any) -> None:
        self._box = box
        self._policy_file = policy_file
        self._policy_turn = threading.Lock()
        self.lock = threading.Lock()
        self.kept: set[Flat] = set()
        self.early: set[str] = set()
        self.teams = Teams(box.google.groups)
        self.counts: Counter[str] = Counter()
        self._made = 0

    # --- faults

    def suffer(self, fault: Fault) -> None:
        """Set one fault."""
        self.counts["faults set"] += 1
        if fault.vendor == "slack":
            faults = self._box.slack.faults
            faults.add(fault.method, fault.kind, times=fault.times, seconds=fault.seconds)  # type: ignore[arg-type]
            return
        if fault.vendor == "mail":
            self._mail(fault)
            return
        lost: Any = fault.kind if fault.kind in {"answer", "connection"} else ""
        self._box.google.faults.set(
            GoogleFault(
                method=fault.method,
                times=fault.times,
                status=int(fault.kind) if fault.kind.isdigit() else 0,
                delay=fault.seconds if fault.kind == "late" else 0.0,
                silence=SILENCE if fault.kind == "silent" else 0.0,
                lost=lost,
                drip="body" if fault.kind == "drip" else None,
            )
        )

    def _mail(self, fault: Fault) -> None:
        if self._box.mailbox is None:
            return
        kind: Any = "refuse" if fault.kind in REPLIES else fault.kind
        reply = REPLIES.get(fault.kind, "")
        self._box.mailbox.faults.add(MailFault(kind=kind, times=fault.times, seconds=fault.seconds, reply=reply))

    def relent(self) -> None:
        """Let everything go well again."""
        if self._box.mailbox is not None:
            self._box.mailbox.faults.clear()
        self._box.slack.faults.clear()
        self._box.google.faults.clear()

    # --- other hands

    def add(self, act: Act) -> None:
        """Somebody adds a lasting binding, one with a condition of their own, or a copy of our mark."""
        with self.lock:
            self._made += 1
            made = _foreign(act, self._made)
            resource = f"projects/{act.project}"
            self._box.google.edit(resource, lambda policy: policy["bindings"].append(made))
            self.kept.update(flat(resource, made))
        self.counts["bindings of others added"] += 1

    def remove(self, act: Act) -> None:
        """Somebody removes one of the bindings that others made."""
        with self.lock:
            mine = sorted(each for each in self.kept if each[0] == f"projects/{act.project}")
            if not mine:
                return
            gone = mine[act.which % len(mine)]
            self._box.google.edit(gone[0], lambda policy: _take(policy, {gone}, gone[0]))
            self.kept.discard(gone)
        self.counts["bindings of others removed"] += 1

    def strip(self, act: Act, *, is_active: Callable[[str], bool]) -> None:
        """Somebody takes a binding of the service's out by hand.

        What was not read back before is in `early`: the service cannot know of it, and may write it again.
        """
        resource = f"projects/{act.project}"
        with self.lock:
            ours = sorted(each for each in self.bindings(resource) if each not in self.kept)
            if not ours:
                return
            gone = ours[act.which % len(ours)]
            self._box.google.edit(resource, lambda policy: _take(policy, {gone}, resource))
            request = gone[4].rpartition("/")[2]
            if not is_active(request):
                self.early.add(request)
        self.counts["bindings of ours struck out"] += 1

    def bindings(self, resource: str = "") -> set[Flat]:
        """Every binding that stands now."""
        policies = self._box.google.policies()
        return {
            each
            for name, policy in policies.items()
            if resource in ("", name)
            for binding in policy.get("bindings", [])
            for each in flat(name, binding)
        }

    # --- the policy file

    def edit(self, act: Act) -> None:
        """Somebody edits the policy file in place."""
        with self._policy_turn:
            self.counts["policy edits"] += 1
            if act.kind == "torn":
                text = scene.policy("retitled")
                with self._policy_file.open("w") as file:
                    file.write(text[: act.which % len(text)])
                    file.flush()
                    time.sleep(scene.PAUSE)
                    file.write(text[act.which % len(text) :])
            else:
                self._policy_file.write_text(scene.policy(act.kind))

    def repair(self) -> None:
        """Put the plain policy back."""
        self._policy_file.write_text(scene.policy("plain"))


def flat(resource: str, binding: dict[str, Any]) -> list[Flat]:
    """A binding, member by member."""
    condition = binding.get("condition") or {}
    told = tuple(condition.get(name, "") for name in ("title", "description", "expression"))
    return [(resource, binding["role"], member, *told) for member in binding["members"]]


def _take(policy: dict[str, Any], gone: set[Flat], resource: str) -> None:
    left = []
    for binding in policy["bindings"]:
        members = [
            m for m, each in zip(binding["members"], flat(resource, binding), strict=True) if each not in gone
        ]
        if members:
            left.append({**binding, "members": members})
    policy["bindings"] = left


def _foreign(act: Act, number: int) -> dict[str, Any]:
    role = (scene.KINDS[act.kind].roles or scene.KINDS["one"].roles)[0]
    member = f"user:{scene.address(scene.REQUESTERS[act.which % len(scene.REQUESTERS)])}"
    if number % 3 == 0:
        return {"role": role, "members": [f"group:team{number}@example.com"]}
    expression = f'(request.time < timestamp("2020-01-01T00:00:{number % 60:02}Z"))'
    condition = {"title": f"own {number}", "expression": expression}
    if number % 3 == 2:
        mark = f"Approved by bob@example.com; countersign:0000000000/r-{number:010}"
        condition = {"title": TITLE, "description": mark, "expression": expression}
    return {"role": role, "members": [member], "condition": condition}
