"""What Google's limits leave of one IAM policy, and who an organization policy lets have access there.

Sources: IAM, "Quotas and limits" (https://cloud.google.com/iam/quotas); Resource Manager, "Restricting identities
by domain". Google says that conditions and long addresses make the first limit smaller, and not by how much: what
fits here may be refused there. Of groups and domains it takes 250; what is added names people alone.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from approvals.ports.targets import Binding, MemberRule, Snapshot
from approvals.refusals.reasons import Reason, reason

PRINCIPALS = 1_500
"""Most principals of a policy: each counts as often as it is named, in audit exemptions as well."""

SAME = 20
"""Most bindings of one role to one principal that differ in their condition."""

_PREDEFINED = "roles/"


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    principals: int
    same: Mapping[tuple[str, str], int]


def shortage(snapshot: Snapshot, *, add: Collection[Binding], remove: Collection[Binding] = ()) -> Reason | None:
    """Say why a policy has no room for what is added; None where it has, or where nothing is added.

    Of a policy that holds more than a limit already, that limit is not Google's any more: Google decides.
    """
    if not add:
        return None
    before = snapshot.bindings
    gone = frozenset(remove)
    after = (*(each for each in before if each not in gone), *(each for each in add if each not in before))
    return _beyond(snapshot.resource, _held(before, snapshot.raw), _held(after, snapshot.raw))


def outside(rule: MemberRule, *, person: str, resource: str) -> Reason | None:
    """Say that an organization policy certainly lets this person have no access; None where it may let them.

    Which customer an address belongs to can be told only of the main domain of an organization that is shown.
    """
    domain = person.rpartition("@")[2]
    customer = rule.customers.get(domain)
    barred = rule.nobody or (customer is not None and bool(rule.allowed) and customer not in rule.allowed)
    return reason("iam.member", domain=domain, resource=resource) if barred else None


def ungrantable(roles: Collection[str], *, offered: Collection[str], resource: str) -> Reason | None:
    """Say which predefined roles Google does not let be granted on a resource; None where it offers all of them.

    Custom roles are left out of the offer where the service may not list them, so of those nobody can tell.
    """
    missing = tuple(role for role in roles if role.startswith(_PREDEFINED) and role not in offered)
    return reason("iam.role", roles=missing, resource=resource) if missing else None


def _beyond(resource: str, before: _Held, after: _Held) -> Reason | None:
    if before.principals <= PRINCIPALS < after.principals:
        return reason("iam.principals", resource=resource, needed=after.principals, most=PRINCIPALS)
    for (role, member), count in after.same.items():
        if before.same.get((role, member), 0) <= SAME < count:
            person = member.partition(":")[2]
            return reason("iam.bindings", resource=resource, roles=(role,), person=person, most=SAME)
    return None


def _held(bindings: Collection[Binding], raw: Mapping[str, Any]) -> _Held:
    names = [each.member for each in bindings]
    conditions = {(each.role, each.member.lower(), each.expression) for each in bindings}
    return _Held(
        principals=len(names) + sum(1 for _ in _exempted(raw)),
        same=Counter((role, member) for role, member, _ in conditions),
    )


def _exempted(raw: Mapping[str, Any]) -> Iterator[str]:
    """Those whom the policy exempts from audit logs. What is not of the documented shape is not counted."""
    for config in _items(raw.get("auditConfigs")):
        for log in _items(config.get("auditLogConfigs")):
            yield from (str(each) for each in log.get("exemptedMembers") or ())


def _items(found: Any) -> Iterator[Mapping[str, Any]]:
    yield from (each for each in (found if isinstance(found, list) else ()) if isinstance(each, dict))
