"""What looks for drift, wired. It is loaded once that may begin: no answer but that page needs it."""

from concurrent.futures import Executor
from datetime import datetime
from typing import TYPE_CHECKING

from approvals.backends.granters.google_iam import GoogleIam
from approvals.backends.granters.routed import Routed
from approvals.policy.model import Policy
from approvals.ports.catalog import Catalog
from approvals.uses.drift_shown import Look
from approvals.uses.drifting import Drift, Means, drift

if TYPE_CHECKING:
    from bot.compose import Service


def look(service: "Service", *, catalog: Catalog) -> Look:
    """It reads with this service's credentials."""
    url = service.settings.google_api_base_url
    granter = Routed(iam=GoogleIam(base_url=url), groups=service.groups)

    def looked(policy: Policy, now: datetime, executor: Executor) -> Drift:
        means = Means(
            store=service.store,
            installation=service.installation,
            granter=granter,
            executor=executor,
            catalog=catalog,
        )
        return drift(policy, means, now=now)

    return looked
