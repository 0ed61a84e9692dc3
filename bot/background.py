"""The worker threads behind the listeners: what a commit woke, what time made due, what a crash left."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

from bot import lanes
from bot.chores import Chores
from bot.following import follow
from bot.lanes import Work
from bot.pace import SWEEP, Breath, Pace
from bot.policy_file import PolicyFile
from bot.rounds import Rounds
from handlers.channel import Unusable
from handlers.later import Later

if TYPE_CHECKING:  # loaded with the work, once that may begin
    from approvals.reconcile.runner import Reconciler

POLICY = 1.0
"""Seconds between two looks at the policy file."""

HOLD = 2.0
"""Seconds after which work begins that would keep the first answer waiting, if nothing was answered until then."""

FREEZE = 5.0
"""Seconds between two looks whether somebody froze or thawed everything."""

_log = logging.getLogger(__name__)


class Background:
    """Runs reconcile when it is woken, when something becomes due, and every ten seconds.

    Nothing begins before `begin` was called or `hold` seconds are over. `policy_changed` is called whenever
    another policy is in force; it may not block.
    """

    def __init__(
        self,
        make: Callable[[], Work],
        policy: PolicyFile,
        *,
        clock: Callable[[], datetime],
        hold: float = 0.0,
        sweep: float = SWEEP,
        works: bool = True,
        policy_changed: Callable[[], object] = lambda: None,
        frozen_or_thawed: Callable[[], bool] = lambda: False,
    ) -> None:
        """`make` is called once something may begin: after the first answer, or `hold` seconds. `frozen_or_thawed`
        says whether that happened since it was asked last. Where it does not work, another process does what is
        due, and this one only follows the policy file. `sweep` is in seconds.
        """
        self._make = make
        self._work = Later(self._prepared)
        self._policy = policy
        self._chores = Chores()
        self._clock = clock
        self._hold = hold
        self._works = works
        self._policy_changed = policy_changed
        self._frozen_or_thawed = frozen_or_thawed
        self._begun = threading.Event()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._passes = Rounds()
        self._lock = threading.Lock()
        self._running: dict[str, set[str]] = {}
        self._dues: dict[str, datetime] = {}
        self._pace = Pace(sweep, stands=self._stands)
        self._pools: dict[str, ThreadPoolExecutor] = {}
        loops = {"timer": self._loop, "chores": self._tidy, "freeze": self._follow} if works else {}
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for name, target in {"policy": self._watch, **loops}.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def begin(self) -> None:
        """Wait no longer with what waits for the first answer. Never blocks and never raises."""
        if not self._begun.is_set():
            self._begun.set()

    def stop(self) -> None:
        """Begin nothing new and wait for what runs; what is left over is due at the next start."""
        self._stopping.set()
        if (work := self._work.made) is not None:
            work.leave()
        self._begun.set()
        self._woken.set()
        self._chores.end()
        self._passes.end()
        for thread in self._threads:
            # A start that failed half way never came to start them.
            if thread.ident is not None:
                thread.join()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

    def wake(self, subjects: Sequence[str] = ()) -> None:
        """Look at what is due now. Never blocks and never raises."""
        if (work := self._work.made) is not None:  # before that, nothing was read that could be forgotten
            work.reconciler.changed(subjects)
        self._woken.set()

    def require_work(self) -> None:
        """Make what works here, unless it is made. Raises `Unusable` where that cannot be."""
        try:
            if self._works:
                self._work()
        except Exception as error:
            raise Unusable(f"what is due cannot be worked on: {error!r}") from error

    def sweep(self) -> "Sequence[Future[bool]]":
        """Do now what the timer and the chores do: whether each went well, once all that they found is done."""
        self.begin()
        waited_for = (self._passes.next(), self._chores.now())
        self.wake()
        return waited_for

    def let_go(self) -> None:
        """Whoever waits for a sweep waits no longer."""
        self._passes.end()
        self._chores.let_go()

    def _prepared(self) -> Work:
        """What there is to do, with threads for it."""
        work = self._make()
        counts = lanes.counts(work)
        with self._lock:
            self._running = {lane: set() for lane in counts}
        self._pools = {lane: ThreadPoolExecutor(count, thread_name_prefix=lane) for lane, count in counts.items()}
        return work

    def _stands(self, subject: str) -> bool:
        return self._reconciler.stands(subject)

    @property
    def _reconciler(self) -> "Reconciler":
        return self._work().reconciler

    def _loop(self) -> None:
        self._begun.wait(self._hold)
        breath = Breath()
        while True:
            # First of all: a stop that comes meanwhile must not wait until the pause is over.
            self._woken.clear()
            if self._stopping.is_set():
                return
            self._passes.begin()
            breath.begins()
            try:
                self._pass()
            except Exception:  # noqa: BLE001
                # The store may be out of reach for a while; the timer must outlive that.
                _log.exception("a pass over the due work failed")
                self._passes.over(fine=False)
            else:
                self._rest(fine=True)
            breath.over()
            if self._woken.wait(self._until_due()):
                self._stopping.wait(breath.seconds())

    def _pass(self) -> None:
        now = self._clock()
        with self._lock:
            # What has come due is asked of the store: another process may have done it already.
            self._dues = {subject: due for subject, due in self._dues.items() if due > now}
        waiting = self._reconciler.waiting()
        for kind in self._reconciler.kinds:
            if kind not in waiting:
                continue
            self._hand_out(kind, waiting[kind])
            if self._reconciler.takes_away(kind):
                self._hand_out_ending(kind)

    def _rest(self, *, fine: bool) -> None:
        """Tell whoever waits for it that nothing is being worked on, and nothing was found since."""
        with self._lock:
            busy = any(self._running.values())
        if not busy and not self._woken.is_set():
            self._passes.over(fine=fine)

    def _hand_out(self, kind: str, waiting: Sequence[str] | None) -> None:
        at_work = self._at_work(kind)
        room = lanes.MORE.get(kind, lanes.THREADS) - len(self._running[kind])
        if room <= 0:
            return  # whoever finishes wakes the next pass; looking before would only take time from the clicks
        each = lanes.SHARES.get(kind, lanes.THREADS)
        found = self._reconciler.next(kind=kind, running=at_work, limit=room, each=each, waiting=waiting)
        for subject in found:
            self._begin(kind, subject)

    def _hand_out_ending(self, kind: str) -> None:
        lane = lanes.ending(kind)
        room = lanes.ENDING - len(self._running[lane])
        if room <= 0 or len(self._running[kind]) < lanes.THREADS:
            return  # while the kind's usual threads have room, nothing waits
        found, more = self._reconciler.ending(kind=kind, running=self._at_work(kind), limit=room)
        for subject in found:
            self._begin(lane, subject)
        if more:
            self._woken.set()

    def _at_work(self, kind: str) -> frozenset[str]:
        with self._lock:
            return frozenset(self._running[kind] | self._running.get(lanes.ending(kind), set()))

    def _begin(self, lane: str, subject: str) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            self._running[lane].add(subject)
            self._dues.pop(subject, None)
        self._pace.stir(subject)
        work = self._pools[lane].submit(self._reconciler.subject, subject)
        work.add_done_callback(self._done(lane, subject))

    def _done(self, lane: str, subject: str) -> Callable[[Future[datetime | None]], None]:
        def note(future: Future[datetime | None]) -> None:
            error = None if future.cancelled() else future.exception()
            if error is not None:
                _log.error("%s could not be worked on: %s", subject, error)
            due = None if future.cancelled() or error is not None else future.result()
            with self._lock:
                self._running[lane].discard(subject)
                self._dues.pop(subject, None)
                if due is not None:
                    self._dues[subject] = due
            # What failed is due still: looking again at once would fail at once, and so on without a pause.
            if error is None:
                self._woken.set()
            else:
                self._rest(fine=False)

        return note

    def _until_due(self) -> float:
        """Seconds until the next pass: until the next moment known here, but no longer than a sweep."""
        with self._lock:
            dues = dict(self._dues)
        longest = self._pace.longest(dues)
        if not dues:
            return longest
        return min(longest, max(0.05, (min(dues.values()) - self._clock()).total_seconds()))

    def _tidy(self) -> None:
        self._begun.wait(self._hold)
        if not self._stopping.is_set():
            self._chores.run(self._work().chores)

    def _follow(self) -> None:
        """What waits says that it is frozen, or no longer. Only that depends on it: each commit asks by itself."""
        self._begun.wait(self._hold)
        follow(
            self._frozen_or_thawed,
            self._look_at_waiting,
            stopping=self._stopping,
            pause=lambda: FREEZE,
            away="whether everything is frozen cannot be looked for: %s",
            failed="whether everything is frozen could not be looked for",
        )

    def _watch(self) -> None:
        """A policy that cannot be kept must not end the watch; the one before stays in force."""
        self._begun.wait(self._hold)
        follow(
            self._policy.refresh,
            self._follow_policy,
            stopping=self._stopping,
            pause=lambda: POLICY,
            away="the policy waits for the store: %s",
            failed="the policy could not be read again",
        )

    def _follow_policy(self) -> None:
        self._policy_changed()
        self._look_at_waiting()

    def _look_at_waiting(self) -> None:
        self._reconciler.look_at_waiting()
        self.wake()
