"""One granter of several: memberships are Cloud Identity's, everything else is IAM's."""

from collections.abc import Collection

from approvals.ports.targets import Binding, Granter, Snapshot
from approvals.targets import GROUPS


class Routed:
    """A `Granter` that hands each resource to the one that knows it."""

    def __init__(self, *, iam: Granter, groups: Granter) -> None:
        self._iam = iam
        self._groups = groups

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        """Read what stands there. Raises a `GranterError`."""
        return self._of(resource).read(resource, timeout=timeout, reason=reason)

    def write(
        self,
        snapshot: Snapshot,
        *,
        remove: Collection[Binding],
        add: Collection[Binding],
        timeout: float,
        reason: str,
    ) -> None:
        """Change what stands there. Raises a `GranterError`."""
        found = self._of(snapshot.resource)
        found.write(snapshot, remove=remove, add=add, timeout=timeout, reason=reason)

    def _of(self, resource: str) -> Granter:
        return self._groups if resource.startswith(GROUPS) else self._iam
