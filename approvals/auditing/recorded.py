"""What a stored record says of a request, in the values that its audit chain holds: to be held against it."""

from typing import Any

from approvals import counted
from approvals.emergencies import AfterReview, on_record, said_of
from approvals.grants import Grant
from approvals.ids import application_ref
from approvals.refusals.reasons import plain
from approvals.requests import Lapse, Request, Use
from approvals.reviews import authenticated
from approvals.revisions import facts as counter_facts
from approvals.revisions import former_facts, review_facts
from approvals.texts import left
from approvals.times import rfc3339

Facts = dict[str, Any]
"""What is known of a request, in the values that a chain holds: times as text, typed texts as digests."""


def facts(record: Request) -> Facts:
    """What is known of a request by its record."""
    decision = record.decision
    return {
        "state": record.state,
        "requester": record.requester,
        "account": record.account,
        "how": authenticated(record.how),
        "owners": list(record.owners),
        "revision": record.revision,
        "digest": record.digest,
        "policy": record.terms.policy,
        "entitlement": record.terms.entitlement,
        "filed": rfc3339(record.filed),
        "updated": rfc3339(record.updated),
        "reviews": [review_facts(review, record) for review in record.reviews],
        "counter": counter_facts(record.counter),
        "former": [former_facts(each) for each in record.former],
        "decision": decision
        and {
            "outcome": decision.outcome,
            "at": rfc3339(decision.at),
            "by": list(decision.by),
            "reason": plain(decision.reason),
            "comment": decision.comment.digest if decision.comment else "",
        },
        "kind": record.terms.requirement.kind if decision and decision.outcome == "approved" else None,
        "confirmed": _confirmation(record),
        "use_by": rfc3339(record.use_by) if record.use_by else None,
        "generation": record.generation,
        "used": _use(record.used),
        "lapsed": _lapse(record.lapsed),
        "window": counted.facts(record.window),
        "after_review": _after_review(record.after_review),
        "grants": [_grant(grant) for grant in record.grants],
        "erased": _erased(record),
    }


def _confirmation(record: Request) -> Facts | None:
    found = record.confirmed
    if found is None:
        return None
    return {
        "by": record.requester,
        "at": rfc3339(found.at),
        "account": found.account,
        "how": authenticated(found.how),
        "digest": record.digest,
        "revision": record.revision,
        "window": found.window,
    }


def _use(use: Use | None) -> Facts | None:
    if use is None:
        return None
    return {"at": rfc3339(use.at), "by": application_ref(use.by), "key": use.key}


def _lapse(lapse: Lapse | None) -> Facts | None:
    if lapse is None:
        return None
    why = lapse.why.digest if lapse.why else ""
    return {"at": rfc3339(lapse.at), "cause": lapse.cause, "by": lapse.by, "why": why}


def _after_review(found: AfterReview | None) -> Facts | None:
    if found is None:
        return None
    finding = found.finding
    done = finding and {"by": finding.by, "at": rfc3339(finding.at), "how": {}} | on_record(finding)
    return said_of(found) | {"finding": done}


def _erased(record: Request) -> Facts | None:
    if record.erased is None:
        return None
    return {"at": rfc3339(record.erased)} | left(record)


def _grant(grant: Grant) -> Facts:
    return {
        "state": grant.state,
        "start": rfc3339(grant.window.start),
        "end": rfc3339(grant.window.end),
        "generation": grant.generation,
        "closed_at": rfc3339(grant.closed_at) if grant.closed_at else "",
        "closed_by": grant.closed_by,
        "cause": plain(grant.cause),
        "why": grant.why.digest if grant.why else "",
        "trouble": plain(grant.trouble),
        "told": list(grant.told),
        "removed": grant.removed,
    }
