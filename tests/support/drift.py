"""What looks for drift in a world."""

from concurrent.futures import Executor
from datetime import datetime
from typing import TYPE_CHECKING

from approvals.policy.model import Policy
from approvals.ports.targets import Granter
from approvals.uses.drift_shown import Look
from approvals.uses.drifting import Drift, Means, drift

if TYPE_CHECKING:
    from tests.support.world import World


def looking_for_drift(world: "World", granter: Granter) -> Look:
    """It reads by this granter."""

    def looked(policy: Policy, now: datetime, executor: Executor) -> Drift:
        means = Means(
            store=world.store,
            installation=lambda: world.installation,
            granter=granter,
            executor=executor,
            catalog=world.catalog,
        )
        return drift(policy, means, now=now)

    return looked
