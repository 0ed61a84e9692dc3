"""What brings the outside in line, put together over a core: the program loads it when that work may begin."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from approvals.core import Core
from approvals.freezes import forcing
from approvals.ports.announcers import Announcer, Events
from approvals.ports.logs import AuditLogs
from approvals.ports.people import Leaving
from approvals.ports.receivers import Receivers
from approvals.ports.targets import Granter
from approvals.reconcile.announcing import AnnouncingWorker
from approvals.reconcile.drills import DrillWorker
from approvals.reconcile.eventing import EventWorker
from approvals.reconcile.iam import BindingWorker
from approvals.reconcile.leavers import Leavers
from approvals.reconcile.looking_back import DeedsWorker
from approvals.reconcile.news import NewsWorker
from approvals.reconcile.requests import RequestWorker
from approvals.reconcile.rolls import Rolls
from approvals.reconcile.runner import Reconciler, Watch, Worker
from approvals.reconcile.standing_in import StandingInWorker
from approvals.reconcile.switched_off import SwitchedOff
from approvals.reconcile.ways import MessageRouter, Way
from approvals.reconcile.webhooks import WebhookWorker


def reconciler(
    core: Core,
    *,
    granter: Granter,
    ways: Sequence[Way],
    rolls: Rolls,
    clock: Callable[[], datetime],
    pause: Callable[[float], None],
    owner: str,
    receivers: Receivers | None = None,
    leaving: Leaving | None = None,
    announcers: Sequence[Announcer] = (),
    events: Events | None = None,
    watch: Watch | None = None,
    logs: AuditLogs | None = None,
) -> Reconciler:
    """What brings the outside in line. `pause` waits so many seconds; `owner` names who holds the leases.

    `receivers` are whom applications name to be told. `leaving` says who has left, beside the channels.
    `announcers` are told of activations, `events` of all that happens. `watch` is told of each
    subject as it is worked on, and how that came out. `logs` are where it is looked what was done with access.
    """
    store, router = core.store, MessageRouter(ways)
    workers: dict[str, Worker] = {
        "request": RequestWorker(
            store=store,
            cases=core.cases,
            tokens=core.tokens,
            router=router,
            rolls=rolls,
            freeze=core.freeze,
            clock=clock,
            announces=bool(announcers),
            tells=events is not None,
            looks_back=logs is not None,
        ),
        "binding": binding_worker(core, granter=granter, clock=clock, pause=pause),
        "webhook": WebhookWorker(store=store, policy=core.policy, receivers=receivers, clock=clock),
        "leavers": Leavers(store=store, accounts=core.accounts, clock=clock, directory=leaving),
        "activation": AnnouncingWorker(store=store, announcers=announcers, clock=clock),
        "drill": DrillWorker(store=store, router=router, clock=clock),
        "absences": StandingInWorker(store=store, cases=core.cases, router=router, clock=clock),
        "news": NewsWorker(
            store=store, router=router, sources={forcing.SOURCE: partial(forcing.kept, store)}, clock=clock
        ),
        "event": SwitchedOff(clock) if events is None else EventWorker(store=store, events=events, clock=clock),
        # Also without logs: what was found is erased when its time is over.
        "deeds": DeedsWorker(store=store, logs=logs, clock=clock),
    }
    return Reconciler(store=store, workers=workers, clock=clock, owner=owner, watch=watch)


def binding_worker(
    core: Core, *, granter: Granter, clock: Callable[[], datetime], pause: Callable[[float], None]
) -> BindingWorker:
    """The part of the reconciler that works on bindings."""
    return BindingWorker(
        store=core.store,
        granter=granter,
        installation=core.installation,
        freeze=core.freeze,
        clock=clock,
        pause=pause,
    )
