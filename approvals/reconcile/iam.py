"""Everybody's bindings on one resource: the only caller of granters.

One pass reads the policy once, does in one write what all grants there call for, and reads back once. A binding
that was read back is never put back: when it is gone, somebody removed it, and the grant is revoked. No write
happens after a window's end. A removal counts only when a read made after the last attempt's deadline shows the
binding absent, and every binding is looked for once more when its window is over.
"""

from collections.abc import Callable
from datetime import datetime

from approvals.access.claims import claims
from approvals.freezes.frozen import Freeze
from approvals.ids import binding_resource
from approvals.ports.store import Installation, Lease
from approvals.ports.targets import Granter
from approvals.reconcile.means import BindingStore
from approvals.reconcile.passes import Pass


class BindingWorker:
    """Reconciles `binding:RESOURCE`. `pause` waits so many seconds: for a burst, or before another attempt."""

    def __init__(
        self,
        *,
        store: BindingStore,
        granter: Granter,
        installation: Callable[[], Installation],
        freeze: Freeze,
        clock: Callable[[], datetime],
        pause: Callable[[float], None],
    ) -> None:
        self.store = store
        self.granter = granter
        self.installation = installation
        self.freeze = freeze
        self.clock = clock
        self.pause = pause

    def __call__(self, lease: Lease) -> datetime | None:
        """Read, compare, write and read back until nothing differs; return when to look again."""
        return Pass(self, lease).run()

    def ends(self, subject: str, now: datetime) -> datetime | None:
        """When the first of the access there has to be taken away: now, where it is over already."""
        resource = binding_resource(subject)
        held = claims(self.store.on(resource).requests, resource=resource)
        return min((claim.window.end if claim.live else now for claim in held), default=None)
