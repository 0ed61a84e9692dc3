"""Problems of this door: those that the draft names, by their URNs, and ours beside them."""

from collections.abc import Mapping

import msgspec

from approvals.refusals.errors import Refused
from handlers.wire.problems import Fault, refusal
from handlers.wire.written import Written, problem

URN = "urn:openid:authzen:access-request:error:"
_NAMED: Mapping[str, tuple[str, int]] = {
    "invalid_denial_binding": ("invalid_denial_binding", 400),
    "expired_denial": ("expired_denial", 410),
    "unknown_task": ("unknown_task", 404),
    "invalid_task_state": ("invalid_task_state", 409),
    "idempotency.reused": ("duplicate_request", 409),
}
"""By our codes: the draft's, and the status that each has there."""

_VERDICTS = frozenset({"action", "no_pages"})
"""Verdicts whose status elsewhere is another one than a verdict's."""


def told(error: Refused) -> Written:
    """What a caller is answered who is refused. A verdict of the policy is `not_requestable`, and says by our own
    code what it is. What does not fit is 400: the Authorization API has no 422.
    """
    found = refusal(error)
    code, status = found.problem.code, found.problem.status
    verdict = status == 403 or code in _VERDICTS
    name, status = _NAMED.get(code, ("not_requestable", 400) if verdict else ("", status))
    said = msgspec.structs.replace(
        found.problem,
        type=f"{URN}{name}" if name else found.problem.type,
        status=400 if status == 422 else status,
    )
    return problem(msgspec.structs.replace(found, problem=said))


def unknown_task() -> Fault:
    """What is nobody's task, or somebody else's."""
    return Fault(404, "unknown_task", "There is no such task of this application's.")
