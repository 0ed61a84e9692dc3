"""Policies that come into force, and one that was in force before this version would have refused it."""

import msgspec

from approvals.policy.lint import errors
from approvals.policy.model import Policy
from approvals.policy.reading.document import PolicyError, Problem
from approvals.policy.reading.parse import digest_of, draft


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that was accepted once, and what this version would refuse of it now."""

    policy: Policy
    problems: tuple[Problem, ...]


def load(text: bytes | str, *, source: str) -> Policy:
    """Read a policy that is to come into force. Raises `PolicyError` with all that lint calls an error."""
    found = draft(text, source=source)
    wrong = errors(found, source=source)
    if wrong:
        raise PolicyError(wrong)
    return found.policy


def accepted(text: str, *, digest: str, source: str) -> Accepted:
    """Read the policy that is in force, which an earlier version accepted: an upgrade must not end a service.

    What cannot be read any more is not there, and grants nothing. Where that is who people are, a group or a
    default, nothing is offered: the others might mean more people than they did. Raises `PolicyError`
    when the text is not the one that was accepted, or nothing of it can be read.
    """
    if digest_of(text) != digest:
        text = f"what the store holds is not the policy that {digest} names: somebody changed it there"
        raise PolicyError((Problem(path=source, line=1, col=1, code="changed", text=text),))
    found = draft(text, source=source)
    if not found.policy.identity.domains:
        raise PolicyError(found.problems)
    policy = (
        found.policy
        if found.firm
        else msgspec.structs.replace(found.policy, entitlements={}, actions={}, source=None)
    )
    return Accepted(policy=policy, problems=errors(found, source=source))
