"""What must still stand as it was read when something is kept: guards, versions, the policy before."""

from collections.abc import Iterable, Mapping
from typing import Any

from approvals.guards import Guard, GuardFailed, Seen
from approvals.refusals.errors import Conflict


def moving(guard: Guard, detail: Mapping[str, Any], *, steps: int = 1) -> dict[str, Any]:
    """What the entry says that tells of a guard's move, with what it says besides."""
    return {**detail, "guard": guard.name, "value": guard.value + steps}


def require_guards(guards: Iterable[Guard], standing: Mapping[str, int]) -> None:
    """Raise `GuardFailed` where a guard's value is another one than what stands under its name."""
    for guard in guards:
        if standing.get(guard.name, 0) != guard.value:
            raise GuardFailed(guard.name)


def require_seen(seen: Iterable[Seen], standing: Mapping[str, int]) -> None:
    """Raise `GuardFailed` where a request's version is another one than was seen."""
    for each in seen:
        if standing.get(each.request) != each.version:
            raise GuardFailed(f"request:{each.request}")


def require_before(last_good: str | None, instead_of: str | None) -> None:
    """Raise `Conflict` where the last good policy is another one than that in whose place one comes."""
    if instead_of is not None and (last_good or "") != instead_of:
        raise Conflict("another policy has come into force meanwhile")
