"""What must be true of what applications were told that they may do, whatever was killed when."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from approvals.requests import Request
from countersign_client.chain import Entry
from countersign_client.receipts import Receipt


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An application was told, under this key, that it may do something: what its receipt says, verified."""

    request: str
    key: str
    proof: str


def told(request: str, key: str, receipt: Receipt) -> Told:
    """What a verified receipt told. `proof` is what must be the same however often it is told."""
    used = receipt.used
    return Told(request=request, key=key, proof=f"{receipt.digest} {used.key if used else ''}")


def twice(said: Iterable[Told]) -> Iterator[str]:
    """Each approval was used by one key, and told alike each time."""
    found: dict[str, set[tuple[str, str]]] = {}
    for each in said:
        found.setdefault(each.request, set()).add((each.key, each.proof))
    for request, uses in found.items():
        if len(uses) > 1:
            yield f"{request} was used by {sorted(uses)}"


def unapproved(
    each: Told,
    request: Request,
    entries: Sequence[Entry],
    *,
    approvers: frozenset[str],
    opener: Request | None = None,
) -> Iterator[str]:
    """What an application was told is on record: approved by others, and then used once, by that key.

    `opener` is whose window a call names that was taken from one.
    """
    acts = [entry.action for entry in entries]
    decision, used = request.decision, request.used
    if request.state != "used" or used is None or not used.key.endswith(each.key):
        yield f"{each.request} was told to {each.key}, and is {request.state} by {used.key if used else 'nobody'}"
    if acts.count("request.used") > 1 or acts.count("request.approved") > 1:
        yield f"{each.request} tells {acts}"
    if decision is None or decision.outcome != "approved":
        yield f"{each.request} was used, and nobody approved it"
    elif request.terms.requirement.kind == "stages" and not _by_others(request, approvers):
        yield f"{each.request} was used, approved by {decision.by}"
    elif request.terms.requirement.kind == "window" and not _is_covered(request, opener, approvers):
        yield f"{each.request} was used as one of {request.terms.within}, which does not cover it"


def _by_others(request: Request, approvers: frozenset[str]) -> bool:
    by = frozenset(request.decision.by if request.decision else ())
    return bool(by) and by <= approvers and request.requester not in by


def _is_covered(request: Request, opener: Request | None, approvers: frozenset[str]) -> bool:
    """It is one of the calls that others approved together, for the same person and before their time was over."""
    within = request.terms.within
    if opener is None or opener.window is None or within is None:
        return False
    same = (within.request, within.digest) == (opener.id, opener.digest) and request.requester == opener.requester
    counted = 1 < within.number <= min(opener.window.taken, opener.window.uses)
    in_time = request.decision is not None and request.decision.at < opener.window.until
    return same and counted and in_time and _by_others(opener, approvers)
