"""Whether the audit logs of what the policy grants on can be read, where they are to be."""

import time
from collections.abc import Iterator

from approvals.backends.audit_logs import GoogleAuditLogs
from approvals.backends.google_examining import Asked
from approvals.ports.examining import Diagnosis, found
from approvals.refusals.errors import CountersignError, NotFound
from approvals.targets import roles_of_iam

PART = "logs"
_CALL = 5.0


def logs(asked: Asked) -> Iterator[Diagnosis]:
    """One read of each resource, as many as there is time for: they are some of Google's sixty a minute."""
    end = time.monotonic() + asked.timeout * 0.9
    granting = (
        target.resource for each in asked.policy.entitlements.values() for target in roles_of_iam(each.targets)
    )
    look, good = GoogleAuditLogs(base_url=asked.base_url, spacing=0.0), 0
    for resource in dict.fromkeys(granting):
        left = min(end - time.monotonic(), _CALL)
        if left <= 0:
            yield found(PART, "unknown", "google.unanswered", what="the rest", said="there was no time left")
            break
        seen = _read(look, resource, timeout=left)
        good += seen is None
        if seen is not None:
            yield seen
            if seen.code == "google.disabled":
                return
    if good:
        yield found(PART, "ok", "logs.ok", count=good)


def _read(look: GoogleAuditLogs, resource: str, *, timeout: float) -> Diagnosis | None:
    """What is wrong with reading one of them; None where nothing is."""
    try:
        look.lets_in(resource, timeout=timeout)
    except NotFound as error:
        return found(PART, "wrong", "logs.hidden", resource=resource, said=error)
    except CountersignError as error:
        if enable := getattr(error.__cause__, "disabled", ""):
            return found(PART, "wrong", "google.disabled", enable=enable)
        return found(PART, "unknown", "google.unanswered", what=resource, said=error)
    return None
