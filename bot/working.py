"""What works behind the listeners, wired. The composition root loads it once that may begin: it is much to load,
and no answer needs it.
"""

import time
from typing import TYPE_CHECKING

from approvals.backends.audit_logs import GoogleAuditLogs
from approvals.backends.directories.workspace_users import WorkspaceUsers
from approvals.backends.granters.google_iam import GoogleIam
from approvals.backends.granters.routed import Routed
from approvals.backends.topics import Topic
from approvals.backends.webhooks import Webhooks
from approvals.core import Core
from approvals.reconcile.anchors import Anchors
from approvals.reconcile.erasing import Erasing
from approvals.reconcile.resting import Resting
from approvals.reconcile.rolls import Rolls
from approvals.reconcile.runner import Reconciler
from approvals.reconcile.sweeping import Sweeping
from approvals.reconcile.ways import Way
from approvals.reconciling import reconciler
from bot.announcers import announcers, events
from bot.lanes import Work

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.compose import Service


def work(service: "Service", core: Core, *, rolls: Rolls, letters: "Collection[str]") -> Work:
    """All that is done without anybody asking.

    `letters` names the channels whose messages stand as they were sent.
    """
    clock, owner, store = service.clock, service.owner, service.store
    receivers = Webhooks(stamps=service.keys.webhooks, fetch=service.outside.fetch, secret=service.outside.secret)
    return Work(
        _reconciler(service, core, rolls=rolls, letters=letters, receivers=receivers),
        chores=(
            Anchors(store=store, clock=clock, owner=owner),
            Sweeping(store=store, clock=clock),
            Erasing(store=store, policy=service.policy.current, freeze=service.freeze, clock=clock, owner=owner),
        ),
        leave=receivers.end,
    )


def _reconciler(
    service: "Service", core: Core, *, rolls: Rolls, letters: "Collection[str]", receivers: Webhooks
) -> Reconciler:
    settings = service.settings
    url = settings.google_api_base_url
    topic = Resting(Topic(settings.notification_topic, base_url=url).publish, clock=service.clock)
    return reconciler(
        core,
        granter=Routed(iam=GoogleIam(base_url=url), groups=service.groups),
        ways=[
            Way(channel=name, messenger=each.messenger, letters=name in letters)
            for name, each in service.channels.items()
            if each.messenger is not None
        ],
        rolls=rolls,
        leaving=WorkspaceUsers(base_url=url) if settings.directory_users else None,
        receivers=receivers,
        announcers=announcers(settings, topic, policy=service.policy.current),
        events=events(settings, topic, instance=lambda: service.installation().instance),
        watch=service.telemetry.work(),
        logs=GoogleAuditLogs(base_url=url) if settings.audit_logs else None,
        clock=service.clock,
        pause=time.sleep,
        owner=service.owner,
    )
