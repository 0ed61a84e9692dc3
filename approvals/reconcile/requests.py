"""A request's own work: decide what time, policy or late evidence decide, and keep every message true."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from approvals.deeds import next_look, recorded
from approvals.freezes.frozen import Freeze
from approvals.ids import activation_subject, deeds_subject, event_subject
from approvals.judging.cases import Cases
from approvals.ports.store import Lease, Reads, Requests, Work
from approvals.reconcile.decisions import Decisions
from approvals.reconcile.eventing import told
from approvals.reconcile.message_means import MessageMeans
from approvals.reconcile.messages import Drawing
from approvals.reconcile.posts import Posts
from approvals.reconcile.rolls import Rolls
from approvals.reconcile.runner import Left
from approvals.reconcile.ways import MessageRouter
from approvals.requests import Request, approval_over, undecided, unshut, usable
from approvals.starting import begins, scheduled
from approvals.telling.activations import activations
from approvals.tokens import Tokens
from countersign_client import shapes

_HELD_UP = timedelta(seconds=15)
_UNSURE = timedelta(seconds=30)
_CONTINUES = timedelta(seconds=60)  # how often what a waiting request continues is looked for


class RequestStore(Requests, Reads, Work, Protocol):
    """The part of a store that this worker needs."""


class RequestWorker:
    """Reconciles `request:ID`."""

    def __init__(
        self,
        *,
        store: RequestStore,
        cases: Cases,
        tokens: Tokens,
        router: MessageRouter,
        rolls: Rolls,
        freeze: Freeze,
        clock: Callable[[], datetime],
        announces: bool = False,
        tells: bool = False,
        looks_back: bool = False,
    ) -> None:
        """`announces`: somebody is told of activations, `tells`: of all that happens; by workers of their own.

        `looks_back`: another one looks what was done with access.
        """
        self._announces, self._tells, self._looks_back = announces, tells, looks_back
        self._decisions = Decisions(store=store, cases=cases, freeze=freeze, clock=clock)
        self._means = MessageMeans(
            store=store,
            tokens=tokens,
            router=router,
            rolls=rolls,
            freeze=freeze,
            clock=clock,
            looks_back=looks_back,
        )

    def __call__(self, lease: Lease) -> Left:
        """Settle the request, then post and redraw; return when something is next to be done."""
        case = self._decisions.settle(lease.subject.partition(":")[2])
        self._wake_tellers(case.request)
        self._wake_looking_back(case.request)
        posts = shapes.decode(lease.body, Posts) if lease.body else Posts()
        drawn, noted = Drawing(self._means, lease, posts, case).run()
        due = _sooner(drawn, _lapses(case.request))
        due = _sooner(due, _begins(case.request, now=self._means.clock()))
        if undecided(case.request) and case.request.terms.extends:
            due = _sooner(due, self._means.clock() + _CONTINUES)
        if self._decisions.unsure(case):
            # What could not be looked up may end the request, and nothing else would have it looked at again.
            due = _sooner(due, self._means.clock() + _UNSURE)
        return Left(due, noted)

    def _wake_tellers(self, request: Request) -> None:
        now, store = self._means.clock(), self._means.store
        if self._announces and activations(request, now=now):
            store.wake(activation_subject(request.id), due=now)
        subject = event_subject(request.id)
        if self._tells and told(store.recorded(subject)).seq < request.seq:
            store.wake(subject, due=now)

    def _wake_looking_back(self, request: Request) -> None:
        """Once access is over. What was found is erased by the same worker, which erasing wakes."""
        if not self._looks_back or not request.grants:
            return
        subject = deeds_subject(request.id)
        if (due := next_look(request, recorded(self._means.store.recorded(subject)))) is not None:
            self._means.store.wake(subject, due=due)


def _lapses(request: Request) -> datetime | None:
    """When an approval that nobody has used is over, or one that gives nothing and stands by itself.

    Once it is, or was used, when its window is.
    """
    if not usable(request) and unshut(request):
        return request.window.until if request.window is not None else None
    return request.use_by if usable(request) else approval_over(request)


def _begins(request: Request, *, now: datetime) -> datetime | None:
    """When access begins that was approved before; while something holds that up, when to look again."""
    if request.grant is None or not scheduled(request):
        return None
    return max(request.grant.window.start, now + _HELD_UP if begins(request, now=now) else now)


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)
