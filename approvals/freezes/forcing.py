"""Break-glass for the policy: an operator puts a looser one in force without those who would accept it."""

from typing import Protocol

import msgspec

from approvals.guards import Guard
from approvals.policy.loosening import differences, lines, looser
from approvals.policy.model import Policy
from approvals.policy.selectors import people
from approvals.ports.store import Guards, Policies, StoredPolicy
from approvals.reviews import Typed
from approvals.telling.news import Forced, subject
from countersign_client import shapes

SOURCE = "forced"
"""What news of it are called, and the guards that keep it: one for each policy that was ever forced."""

FORCED = "policy.forced"
"""What the installation's chain calls it."""

MOST_PEOPLE = 20
"""So many people are told at most where no channel is."""


class ForcingStore(Guards, Policies, Protocol):
    """The part of a store that it needs."""


def is_held(policy: Policy, *, before: Policy) -> bool:
    """A policy has to be accepted before it comes into force in the place of this one."""
    return before.change is not None and looser(differences(policy, before=before))


def force(
    store: ForcingStore, stored: StoredPolicy, policy: Policy, *, before: Policy, by: str, why: Typed
) -> Forced:
    """Put a policy in force by an operator's word alone, and tell it to whom it may concern.

    The chain has it before it is in force; it is in force and due to be told by one commit. Raises `Conflict`
    where another policy came into force meanwhile.
    """
    made = _forced(stored, policy, before, by=by, why=why)
    name = _guard(stored.digest)
    guard = Guard(name=name, value=store.guarded(name).value)
    said = {"digest": made.digest, "in_force": made.in_force, "comment": why.digest}
    body = msgspec.json.encode(made)
    store.advance(guard, body=body, at=made.at, actor=by, action=FORCED, detail=said)
    # With it what has it told: whoever forces a policy may die in the next moment.
    store.keep(stored, instead_of=before.digest, wake=(subject(SOURCE, made.digest),))
    return made


def forced(store: Guards, stored: StoredPolicy | None) -> Forced | None:
    """What is known of it where this policy in force is there because an operator forced it."""
    found = kept(store, stored.digest) if stored is not None else None
    return found if found is not None and stored is not None and found.at == stored.loaded_at else None


def kept(store: Guards, digest: str) -> Forced | None:
    """What was noted when this policy was forced last; None where it never was, or it cannot be read."""
    body = store.guarded(_guard(digest)).body
    try:
        return shapes.decode(body, Forced) if body else None
    except (msgspec.MsgspecError, UnicodeError):
        return None


def _forced(stored: StoredPolicy, policy: Policy, before: Policy, *, by: str, why: Typed) -> Forced:
    approvers = people(before, before.change.approvers).known if before.change is not None else ()
    # Whoever forces a policy could name another channel by it: that one takes nobody's place.
    new = policy.security_channel if before.security_channel or not approvers else ""
    rooms = dict.fromkeys(each for each in (before.security_channel, new) if each)
    return Forced(
        by=by,
        why=why,
        at=stored.loaded_at,
        digest=stored.digest,
        in_force=before.digest,
        source=stored.source,
        differences=tuple(lines(differences(policy, before=before))),
        rooms=tuple(rooms),
        people=tuple(sorted(approvers)[:MOST_PEOPLE]),
    )


def _guard(digest: str) -> str:
    return f"{SOURCE}:{digest}"
