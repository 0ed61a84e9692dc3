"""What can happen to a counted window: its approval opens it, calls are taken from it one by one, and it ends.

1. It opens only where everybody whose approval or confirmation counts chose it, and as narrow as the terms and the
   policy of that moment both have it.
2. A call is taken by the commit that files, counts and approves it: never one more than were approved, whoever
   takes them at the same time.
3. Nothing lengthens it, or gives a call back.
"""

from datetime import datetime
from typing import Any

import msgspec

from approvals.chaining import SERVICE, at_or_after, chained
from approvals.changes import Change, Mark
from approvals.counted import Counted, Shut, opened
from approvals.grants import Gone
from approvals.policy.tools import CallWindow
from approvals.refusals.errors import Refused
from approvals.requests import Decision, Request, Settled, counting, undecided, unshut
from approvals.reviews import Typed, standing
from approvals.terms.records import Within
from approvals.times import whole_seconds
from approvals.transitions.actions import approved_until
from approvals.votes.tally import Met
from countersign_client.canonical import digest
from countersign_client.tools import DEFINITION, NAME, SERVER


def mark_name(request: Request) -> str:
    """Where the newest window stands from which calls like this one can be taken: same agent, person and tool, and
    the same of all that is bound besides the arguments, such as who acts for the person.
    """
    call = request.action
    said = {each.name: each.value for each in call.parameters} if call is not None else {}
    tool = [said.get(name, "") for name in (SERVER, NAME, DEFINITION)]
    data = call.data if call is not None else ""
    about = {"action": request.terms.entitlement, "person": request.requester, "tool": tool, "data": data}
    return f"window:{call.application if call is not None else ''}:{digest(about)}"


def chosen(request: Request, rule: CallWindow | None, *, at: datetime) -> Counted | None:
    """The window that an approval at this moment opens; None where it is for the one call.

    `rule` is what the policy offers now.
    """
    offered = request.terms.window
    if offered is None or rule is None:
        return None
    votes = [each.window for each in standing(request.reviews) if each.verdict == "approve"]
    votes += [request.confirmed.window] if request.confirmed is not None else []
    if not votes or not all(votes):
        return None
    return opened(offered.within(rule), at=whole_seconds(at))


def marked(change: Change) -> Change:
    """The approval that opens a window, so that later calls find it. A newer one takes the place of an older."""
    window = change.request.window
    if window is None:
        return change
    name = mark_name(change.request)
    mark = Mark(name=name, until=window.until, body=change.request.id.encode())
    return msgspec.structs.replace(change, marks=(*change.marks, mark), unmarks=(*change.unmarks, name))


def next_of(opener: Request) -> Within:
    """The next call of a window, by its number. Raises `Settled` where there is none left."""
    if opener.window is None or not counting(opener):
        raise Settled("window.over", opener)
    return Within(request=opener.id, digest=opener.digest, number=opener.window.taken + 1)


def take(opener: Request, *, taken: Request, now: datetime) -> Change:
    """Count one call of a window: the request that was filed for it, which is its next. Raises `Settled`."""
    window, within = opener.window, taken.terms.within
    at = at_or_after(opener, now)
    if window is None or within != next_of(opener) or at >= window.until:
        raise Settled("window.over", opener)
    detail = {"number": within.number, "request": taken.id, "digest": taken.digest}
    counted = msgspec.structs.replace(window, taken=within.number)
    actor = taken.account.partition("/")[0]
    return chained(opener, now=now, actor=actor, action="window.taken", detail=detail, window=counted)


def approve_taken(
    taken: Request, *, opener: Request, met: Met, policy: str, generation: str, now: datetime
) -> Change:
    """Approve a call that is the next one of a window. `met` proves that its approval would count today as well.

    Raises `Settled` or `Refused` with code `incomplete.foreign`.
    """
    same = taken.requester == opener.requester == met.requester
    if not same or met.requirement != opener.terms.requirement or not undecided(taken):
        raise Refused("incomplete.foreign")
    if taken.terms.within != next_of(opener):
        raise Settled("window.over", opener)
    at = at_or_after(taken, now)
    said = {"by": [], "kind": "window", "policy": policy, "generation": generation}
    said |= {"use_by": approved_until(taken, at=at)}
    return chained(
        taken,
        now=at,
        actor=SERVICE,
        action="request.approved",
        detail=said,
        state="approved",
        decision=Decision(outcome="approved", at=at, by=()),
        generation=generation,
    )


def shut(request: Request, *, by: str, why: Typed | None = None, now: datetime) -> Change:
    """End a window before its time, used up or not: somebody does, and may say why. Raises `Settled`."""
    return _shut(request, Shut(at=at_or_after(request, now), cause="person", by=by, why=why), now=now)


def shut_of_leaver(request: Request, *, cause: Gone, now: datetime) -> Change:
    """End a window for what became of the account of whom it was for. Raises `Settled`."""
    return _shut(request, Shut(at=at_or_after(request, now), cause=cause), now=now)


def shut_in_time(request: Request, *, generation: str, now: datetime) -> Change:
    """End a window whose time is over, or of which a restored store knows too little. Raises `Refused`."""
    at = at_or_after(request, now)
    if request.window is not None and at >= request.window.until:
        return _shut(request, Shut(at=at), now=now)
    if request.generation == generation:
        raise Refused("window")
    return _shut(request, Shut(at=at, cause="restored"), now=now)


def _shut(request: Request, found: Shut, *, now: datetime) -> Change:
    if request.window is None or not unshut(request):
        raise Settled("window.over", request)
    detail: dict[str, Any] = {"cause": found.cause}
    detail |= {"comment": found.why.digest} if found.why is not None else {}
    window = msgspec.structs.replace(request.window, shut=found)
    return chained(request, now=now, actor=found.by or SERVICE, action="window.shut", detail=detail, window=window)
