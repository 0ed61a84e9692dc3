"""What the service's account holds beyond what its policy needs, by the IAM policies of what it grants on.

What it has from a folder or organization above stands in no policy that is read here.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from approvals.policy.model import Policy
from approvals.ports.examining import Diagnosis, found
from approvals.ports.targets import Binding
from approvals.refusals.errors import CountersignError
from bot.iam_setup.powers import GRANTER, READERS, Power, powers

PART = "power"

_ONLY = re.compile(
    r"\s*api\.getAttribute\(\s*(['\"])iam\.googleapis\.com/modifiedGrantsByRole\1\s*,\s*\[\s*\]\s*\)"
    r"\s*\.\s*hasOnly\(\s*\[([^\[\]]*)\]\s*\)\s*"
)
"""The condition that `countersign setup iam` prints (IAM, "Setting limits on granting roles")."""

_ROLE = re.compile(r"\s*(['\"])([A-Za-z0-9_./-]+)\1\s*")


LOG_READERS = ("roles/logging.privateLogViewer", "roles/cloudasset.viewer")
"""What reading audit logs takes, of folders with the projects below them, where that is switched on."""


def examine(
    policy: Policy,
    *,
    account: str,
    bindings: Callable[[str], Sequence[Binding]],
    besides: Collection[str] = (),
) -> Iterator[Diagnosis]:
    """Hold what the account was given against what the policy needs, and what else needs roles: `besides`.

    `bindings` reads those of a resource.

    What cannot be read is left out: the look at Google has said it.
    """
    needed: dict[str, list[Power]] = {}
    for power in powers(policy):
        needed.setdefault(power.resource, []).append(power)
    if not needed:
        return  # it grants nothing anywhere, so there is no IAM policy to read
    if not account:
        yield found(PART, "warning", "power.unknown")
        return
    read = clean = 0
    for resource, each in needed.items():
        try:
            own = [binding for binding in bindings(resource) if binding.member == f"serviceAccount:{account}"]
            held = [binding for binding in own if binding.role not in besides]
            if policy.source is not None and resource == policy.source.scope:
                held = [binding for binding in held if not _for_offers(binding, scope=resource)]
        except CountersignError:
            continue
        beyond = list(_beyond(resource, each, held))
        yield from beyond
        read, clean = read + 1, clean + (not beyond)
    if clean:
        yield found(PART, "ok", "power.ok", account=account, count=clean)
    if not read:
        yield found(PART, "unknown", "skipped", because="no IAM policy can be read")


def _beyond(resource: str, needed: Sequence[Power], held: Sequence[Binding]) -> Iterator[Diagnosis]:
    roles = {role for power in needed for role in power.roles}
    # An older `setup iam` gave Google's own role, which the same condition caps.
    granters = {needed[0].granter, GRANTER.get(needed[0].kind)}
    others = sorted({binding.role for binding in held if binding.role not in granters})
    if others:
        yield found(PART, "warning", "power.beyond", resource=resource, roles=", ".join(others))
    for binding in held:
        if binding.role not in granters:
            continue
        capped = _capped(binding.expression)
        if capped is None:
            yield found(PART, "warning", "power.uncapped", resource=resource, role=binding.role)
        elif more := sorted(capped - roles):
            yield found(PART, "warning", "power.more", resource=resource, roles=", ".join(more))


def _for_offers(binding: Binding, *, scope: str) -> bool:
    """Whether it is what IAM's offers take. The policy does not name their roles, so any cap may be right."""
    if binding.role in (GRANTER["projects"], Power(resource=scope, roles=(), part=1, below=True).granter):
        return _capped(binding.expression) is not None
    return binding.role in READERS


def _capped(expression: str) -> frozenset[str] | None:
    """The roles that a condition lets the account grant; None where it may let it grant any."""
    match = _ONLY.fullmatch(expression)
    if match is None:
        return None
    roles = [_ROLE.fullmatch(role) for role in match[2].split(",") if role.strip()]
    return None if None in roles else frozenset(role[2] for role in roles if role is not None)
