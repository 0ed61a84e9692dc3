"""Google Cloud IAM, where access is given: policies read and written whole."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

import msgspec

from approvals.refusals.errors import CountersignError
from approvals.refusals.reasons import Reason, reason


class GranterError(CountersignError):
    """The root of what a granter raises. `reason` says why, for whoever waits, and names what would mend it."""

    def __init__(self, found: Reason | str) -> None:
        """`found` is a reason, or what the service answered, in its own words."""
        self.reason = found if isinstance(found, Reason) else reason("google.said", said=found)
        super().__init__(str(self.reason))


class PolicyChanged(GranterError):
    """Somebody changed the IAM policy since it was read (409 ABORTED, 412): read again, decide again."""


class Impossible(GranterError):
    """The service refused for good (400, 404): no retry will help."""


class Forbidden(GranterError):
    """The service's own account lacks a permission, `needed` (403): an operator can mend it."""

    def __init__(self, found: Reason | str, *, needed: str = "") -> None:
        super().__init__(found)
        self.needed = needed


class Unsure(GranterError):
    """No answer, 429 or 5xx: the call may or may not have taken effect. Read before anything else."""


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """One conditional binding of one member, as IAM holds it."""

    role: str
    member: str
    title: str
    description: str
    expression: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An IAM policy as read: every (role, member, condition) apart, and what the write needs to keep the rest."""

    resource: str
    etag: str
    bindings: tuple[Binding, ...]
    raw: Mapping[str, Any]


INSIDE = "inside"
"""Where a snapshot of a group keeps the groups inside it, of which nobody here changes anything."""


class MemberRule(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the organization policy `iam.allowedPolicyMemberDomains` lets be named on a resource.

    `nobody`: nobody new at all. `allowed` are the ids of customers; empty: everybody. `customers` says which
    customer a domain is the main one of, as far as organizations are shown: of other domains nobody can tell.
    """

    nobody: bool = False
    allowed: frozenset[str] = frozenset()
    customers: Mapping[str, str] = {}


class Places(Protocol):
    """What Google says of a resource before anything is granted there. `timeout` is in seconds.

    Each raises a `CountersignError` where nothing can be known now.
    """

    def policy(self, resource: str, *, timeout: float) -> Snapshot:
        """The resource's IAM policy."""

    def grantable(self, resource: str, *, timeout: float) -> frozenset[str]:
        """The roles that its policy can hold, as far as they are shown."""

    def members(self, resource: str, *, timeout: float) -> MemberRule:
        """Whom its policy may name."""


class Granter(Protocol):
    """Reads and writes whole IAM policies. The read-modify-write loop is reconcile's; `timeout` is in seconds."""

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        """Raises a `GranterError`. `reason` (a request's id) reaches the audit log of the service."""

    def write(
        self,
        snapshot: Snapshot,
        *,
        remove: Collection[Binding],
        add: Collection[Binding],
        timeout: float,
        reason: str,
    ) -> None:
        """Write the snapshot's policy without `remove` and with `add`, under the snapshot's etag.

        Everything else stays as it was read. Raises a `GranterError`.
        """
