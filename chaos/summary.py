"""What a run tells at its end: what became of what was asked for, and the table of all that was counted."""

from collections import Counter
from collections.abc import Iterable, Mapping

from approvals.grants import BUNDLE
from approvals.requests import Request
from approvals.targets import joined_group


def states(requests: Iterable[Request]) -> Counter[str]:
    """How many requests and grants ended in each state."""
    found: Counter[str] = Counter()
    for request in requests:
        found[f"requests {request.state}"] += 1
        if request.grant is not None:
            joins = joined_group(request.terms.targets) is not None
            found[f"{'memberships' if joins else 'grants'} {request.grant.state}"] += 1
        if any(grant.cause == BUNDLE for grant in request.grants):
            found["bundles that fell as a whole"] += 1
        found["audit entries"] += request.seq
    return found


def table(counted: Mapping[str, int]) -> str:
    """A line for each, for people."""
    return "\n".join(f"{name:<42}{count:>9}" for name, count in counted.items())


def by_name(counted: Mapping[str, int]) -> Mapping[str, int]:
    return {name: counted[name] for name in sorted(counted)}
