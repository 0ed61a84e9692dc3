"""Which of the requests that there are somebody acts on."""

from approvals.grants import LIVE
from approvals.requests import Request
from chaos.records import Records
from chaos.scene import ALONE, LASTING, UNREAD


def waiting(records: Records, which: int, *, signed: bool = False) -> Request | None:
    """A request whose card may have buttons by now; mostly a recent one."""
    read = [each for each in records.pending() if not each.terms.entitlement.startswith((UNREAD, ALONE, *LASTING))]
    found = [each for each in read if signed == each.terms.entitlement.startswith("signed")]
    return found[-1 - which % min(len(found), 8)] if found else None


def living(records: Records, which: int) -> Request | None:
    """A request that gives access, or is about to."""
    found = [
        each
        for each in records.holding()
        if each.grant and each.grant.state in LIVE and not each.terms.entitlement.startswith(LASTING)
    ]
    return found[which % len(found)] if found else None
