"""What a request or an entitlement is for, in words: one target by itself, several one line a role."""

from collections.abc import Sequence
from functools import lru_cache

from approvals.grants import BUNDLE, Grant
from approvals.policy.model import OF_IAM, Entitlement
from approvals.requests import Request
from approvals.targets import (
    GROUPS,
    Target,
    accesses,
    action_of,
    all_roles,
    approval_only,
    joined_group,
    resources,
)
from handlers.wording.roles import risk_in_words, role_line
from handlers.wording.text.lines import Code, Line, joined
from handlers.wording.text.typed import one_line

ROLES = 2
"""Roles that the line of facts holds; more of them stand below it, one a line."""

_PLACES = 2

ALONE = "an approval alone"

MEMBERSHIP = "membership, with all that the group may do, which is not known here"


def resource_in_words(resource: str) -> str:
    """Say a resource: `projects/shop-prod` is `project shop-prod`."""
    kind, _, name = resource.partition("/")
    return f"{kind.removesuffix('s')} {name}" if name else resource


def on_places(title: str, targets: tuple[Target, ...]) -> str:
    """The same behind a title: ` on project shop-prod`, ` in group …`.

    Nothing of an approval alone, and nothing where the title names it, as what IAM offers is called.
    """
    if approval_only(targets):
        return ""
    places = resources(targets)
    if len(places) == 1 and f" on {places[0].partition('/')[2]}," in f"{title},":
        return ""
    return f" {'on' if joined_group(targets) is None else 'in'} {where_in_words(targets)}"


def where_in_words(targets: tuple[Target, ...]) -> str:
    """Say where something is: `project shop-prod`, `project shop-prod and 2 more places`; of an action in what.

    An approval alone lies nowhere: what it is stands in that place.
    """
    if approval_only(targets):
        return ALONE
    action = action_of(targets)
    if action is not None:
        return f"application {action.application}"
    first, *others = resources(targets)
    if len(others) < _PLACES:
        return " and ".join(map(resource_in_words, (first, *others)))
    return f"{resource_in_words(first)} and {len(others)} more places"


def where(targets: tuple[Target, ...]) -> Line:
    """Name every resource by its id, of an action the application; an approval alone lies nowhere."""
    action = action_of(targets)
    if action is not None:
        return (Code(action.application),)
    return joined(((Code(place.removeprefix(GROUPS)),) for place in resources(targets)), ", ")


def what(targets: tuple[Target, ...]) -> Line:
    """Name the roles, or count them where `role_lines` names them, and say what they can do, at worst.

    Of an action it is its name, and the policy's words of its risk. An approval alone grants nothing.
    """
    if approval_only(targets):
        return (f"{ALONE}, which grants nothing",)
    action = action_of(targets)
    if action is not None:
        return (Code(action.action), f" ({action.risk})") if action.risk else (Code(action.action),)
    if joined_group(targets) is not None:
        return (MEMBERSHIP,)
    roles = all_roles(targets)
    return _what(roles, many=len(roles) > ROLES or len(targets) > 1)


@lru_cache(maxsize=1_000)
def _what(roles: tuple[str, ...], *, many: bool) -> Line:
    """Name these roles, or count them. What they can do is looked up in a list that never changes."""
    said = (counted(roles),) if many else joined(map(role_line, roles), " and ")
    return (*said, f" ({risk_in_words(roles)})")


def counted(roles: tuple[str, ...]) -> str:
    return f"{len(roles)} role{'s' if len(roles) > 1 else ''}"


def role_lines(targets: tuple[Target, ...]) -> tuple[Line, ...]:
    """Every role, where the line of facts only counts them; of several targets each with its resource."""
    found = accesses(targets)
    if len(found) == 1:
        # Of a membership there is nothing more to say than where it is.
        roles = found[0].roles
        return tuple(map(role_line, roles)) if len(roles) > ROLES else ()
    return tuple((*role_line(role), " on ", Code(target.resource)) for target in found for role in target.roles)


def conditions(targets: tuple[Target, ...]) -> tuple[tuple[str, str], ...]:
    """The title and the text of each condition, in the targets' order."""
    found = accesses(targets)
    if len(found) == 1:
        return (("Only where", found[0].condition),) if found[0].condition else ()
    return tuple(
        (f"{', '.join(target.roles)} on {resource_in_words(target.resource)} only where", target.condition)
        for target in found
        if target.condition
    )


def apart(entitlement: Entitlement) -> str:
    """What tells two that IAM offers apart, whose titles say alike that there is a condition; empty elsewhere."""
    found = conditions(entitlement.targets) if entitlement.id.startswith(OF_IAM) else ()
    return f"only where {one_line(found[0][1])}" if found else ""


def brought_down(request: Request) -> Line:
    """Of a bundle: which part waits, could not be had or is gone, and what becomes of the rest. Else nothing."""
    if len(request.grants) < 2:
        return ()
    both = list(zip(request.terms.targets, request.grants, strict=True))
    failed = tuple(target for target, grant in both if grant.state == "failed")
    gone = tuple(target for target, grant in both if (grant.state, grant.cause) == ("revoked", "outside"))
    rest = ", so the rest is taken back" if any(grant.cause == BUNDLE for _, grant in both) else ""
    if failed:
        return (" It failed on ", *where(failed), f"{rest}.")
    return (" That was on ", *where(gone), f"{rest}.") if gone else _held_up(both)


def _held_up(parts: Sequence[tuple[Target, Grant]]) -> Line:
    """Name the parts that meet trouble while the access is set up; what was made already is in force."""
    waits = tuple(target for target, grant in parts if grant.state == "activating" and grant.trouble)
    others = "; other parts may work already" if len(waits) < len(parts) else ""
    return (" It waits for ", *where(waits), f"{others}.") if waits else ()
