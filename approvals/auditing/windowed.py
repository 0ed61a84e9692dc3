"""What a record says of several calls by one approval, told so that others can be held against it."""

from collections.abc import Sequence

from approvals import transitions
from approvals.chains import Bound, Opening, Taken
from approvals.requests import Request
from approvals.targets import ActionCall
from countersign_client.chain import Entry


def taken(record: Request) -> Taken | None:
    """Which call of a window it is; None of every other request."""
    within, call = record.terms.within, record.action
    if within is None or call is None:
        return None
    return Taken(record.digest, within.request, within.digest, within.number, record.filed, _bound(record, call))


def opening(record: Request, entries: Sequence[Entry]) -> Opening | None:
    """The window that its approval opened; None of every other request. Its record agrees with these entries."""
    window, decision, call = record.window, record.decision, record.action
    if window is None or decision is None or call is None:
        return None
    told = [each.detail for each in entries if each.action == "window.taken"]
    counted = {each["number"]: (each.get("request", ""), each.get("digest", "")) for each in told}
    return Opening(record.digest, decision.at, window.until, window.uses, counted, _bound(record, call))


def _bound(record: Request, call: ActionCall) -> Bound:
    """All of a call but its arguments, as far as nothing of it is erased."""
    what = transitions.mark_name(record) if record.erased is None else ""
    return Bound(call.application, call.action, record.requester, what)
