"""What can happen to a request. Every function is pure: it returns a `Change` or raises `Refused`.

1. A request is filed `pending`. Only `approve` makes it `approved`, and only with two tallies that are met.
2. A denial, withdrawal or expiry is final, and so is an approval: an action that has one is used once or lapses.
3. The window of a grant is fixed by the approving transition. Nothing later moves it.
4. A grant leaves `scheduled`, `activating` and `active` once, and is `removed` once. All grants of a request live,
   or none.
5. Access in an emergency begins with a review awaited, which is done once and undone never.
6. What was typed is erased once nothing can happen any more, and nothing happens to a request after that.
7. Time never runs backwards: what is recorded is never before the last recorded time.
"""

from approvals.transitions.actions import ask, confirm, lapse_unused, require_usable, use
from approvals.transitions.emergencies import find
from approvals.transitions.erasing import due, erase
from approvals.transitions.grants import (
    activated,
    begin,
    end,
    end_use,
    failed,
    lapse,
    leave,
    removed,
    removed_outside,
    revoke,
    troubled,
    withhold,
)
from approvals.transitions.joined import both
from approvals.transitions.requests import approve, deny, expire, file, record, withdraw
from approvals.transitions.revisions import accept, counter
from approvals.transitions.windows import approve_taken, mark_name, next_of, shut_in_time, take

__all__ = [
    "accept",
    "activated",
    "approve",
    "approve_taken",
    "ask",
    "begin",
    "both",
    "confirm",
    "counter",
    "deny",
    "due",
    "end",
    "end_use",
    "erase",
    "expire",
    "failed",
    "file",
    "find",
    "lapse",
    "lapse_unused",
    "leave",
    "mark_name",
    "next_of",
    "record",
    "removed",
    "removed_outside",
    "require_usable",
    "revoke",
    "shut_in_time",
    "take",
    "troubled",
    "use",
    "withdraw",
    "withhold",
]
