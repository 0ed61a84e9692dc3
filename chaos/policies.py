"""What must be true of the policies that were in force, whatever was killed when."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from approvals.requests import Request
from countersign_client.chain import Entry


def loaded(entries: Iterable[Entry]) -> Sequence[str]:
    """The digests of the policies that came into force, in their order, by the installation's chain."""
    return [each.detail["digest"] for each in entries if each.action == "policy.loaded"]


def unaccepted(
    digests: Sequence[str],
    requests: Iterable[Request],
    *,
    looser: Callable[[str, str], bool],
    acceptors: Collection[str],
    needed: int,
) -> Iterator[str]:
    """Looser policies that came into force, and not each of them by so many people who accepted exactly that."""
    accepted = Counter(_from_to(each) for each in requests if _is_accepted(each, acceptors, needed))
    loosened = Counter((before, now) for before, now in pairwise(digests) if looser(now, before))
    for (before, now), times in loosened.items():
        if times > accepted[before, now]:
            yield f"{now} came in force {times} times for {before}, accepted {accepted[before, now]} times"


def _from_to(request: Request) -> tuple[str, str]:
    said = {each.name: str(each.value) for each in request.action.parameters} if request.action else {}
    return said.get("in_force", ""), said.get("digest", "")


def _is_accepted(request: Request, acceptors: Collection[str], needed: int) -> bool:
    decision = request.decision
    by = set(decision.by) if decision is not None and decision.outcome == "approved" else set()
    return request.state == "used" and len(by) >= needed and by <= set(acceptors)
