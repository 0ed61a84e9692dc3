"""What a policy comes to is worked out once for as long as it lives: it never changes, and all ask the same.

Only what hangs on the policy and on what is asked alone is remembered, and nothing of who is in a group of the
directory, of an account, or of the time.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, TypeVarTuple

from approvals.policy.model import Policy

Asked = TypeVarTuple("Asked")
Found = TypeVar("Found")

_UNKNOWN: Final[Any] = object()
_ROOM = 10_000
"""Answers of one policy, to what it asks itself and to what older requests ask of it."""


def remembered(find: Callable[[Policy, *Asked], Found]) -> Callable[[Policy, *Asked], Found]:
    """Keep what `find` says with the policy that it is asked of. All that it is given besides can be hashed."""

    @wraps(find)
    def found(policy: Policy, *asked: *Asked) -> Found:
        known, key = policy.known, (find, *asked)
        # One look: another thread may clear it at any moment.
        said: Found = known.get(key, _UNKNOWN)
        if said is not _UNKNOWN:
            return said
        if len(known) >= _ROOM:
            known.clear()
        said = known[key] = find(policy, *asked)
        return said

    return found
