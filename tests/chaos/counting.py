"""What the state machine of counted windows knows of its world, and what must be true of it."""

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec
from hypothesis.stateful import RuleBasedStateMachine, invariant

from approvals.auditing import replay
from approvals.backends.stores.sqlite import open_sqlite
from approvals.freezes import freezing
from approvals.policy.model import Requirement, Stage
from approvals.policy.tools import CallWindow
from approvals.ports.store import Store
from approvals.refusals.errors import Conflict, Refused, Unavailable
from approvals.requests import Request, settled
from approvals.uses.votes import Shown
from tests.chaos.setting import MEMORY
from tests.chaos.trouble import Crash, Doom
from tests.chaos.windowed import Moment, Rules, alike, counted, is_next, may_count
from tests.support.builders import NOW
from tests.support.clouds import google_with
from tests.support.direct import direct_iam
from tests.support.doubles import Around, Clock
from tests.support.tool_callers import WINDOW, Call, ToolCallers
from tests.support.world import ALICE, APPROVERS, CAROL, World


class Counting(RuleBasedStateMachine):
    """A state machine without rules: agents, windows and what goes wrong at each write."""

    def __init__(self) -> None:
        super().__init__()
        logging.disable(logging.CRITICAL)
        self.folder = Path(tempfile.mkdtemp(prefix="windows", dir=MEMORY if MEMORY.is_dir() else None))
        self.clock, self.doom = Clock(), Doom()
        self.disk = self.new_store()
        around = Around(self.disk, before=self.before_write, after=self.doom.write)
        granter = direct_iam(google_with())
        self.world = World(self.folder, granter=granter, store=cast("Store", around), clock=self.clock)
        self.callers = ToolCallers(self.world)
        self.policy = Rules(WINDOW, 1)
        self.calls: dict[str, Call] = {}
        self.used: dict[str, str] = {}
        self.gone: dict[str, datetime] = {}
        self.meanwhile: Callable[[], object] | None = None
        self.moment = self.look()
        self.number = 0

    def teardown(self) -> None:
        try:
            self.thaws()
            self.clock.advance(9 * 3600)
            self.world.pass_(rounds=40)
            assert all(settled(each) for each in self.requests())
            self.nothing_forbidden()
        finally:
            logging.disable(logging.NOTSET)
            with closing(self.disk):
                shutil.rmtree(self.folder)

    def new_store(self) -> Store:
        return open_sqlite(self.folder / "store.db", now=NOW)

    # --- how

    def before_write(self, name: str) -> None:
        """All was judged: now another process may be faster, or this one die. Then it is seen how things are."""
        if name in ("create", "commit"):
            step, self.meanwhile = self.meanwhile, None
            if step is not None:
                self.aside(step)
            self.moment = self.look()
        self.doom.write(name)

    def look(self) -> Moment:
        frozen, generation = freezing.read(self.disk).frozen, self.world.installation.generation
        return Moment(frozen, generation, {each.id: each for each in self.requests()})

    def requests(self) -> list[Request]:
        return [self.disk.request(each) for each in self.calls]

    def attempt(self, step: Callable[[], Any], crash: int | None = None) -> Any:
        """Do something that may be refused, lose its race or die; after a death the program starts again."""
        self.doom.left = crash
        try:
            return step()
        except (Refused, Unavailable, Conflict):
            return None
        except Crash:
            self.world.restart()
            return None
        finally:
            self.doom.left = self.meanwhile = None

    def aside(self, step: Callable[[], object]) -> None:
        """Another process does something, which may be refused."""
        left, self.doom.left = self.doom.left, None
        with contextlib.suppress(Refused, Unavailable, Conflict):
            step()
        self.doom.left = left

    def pick(self, which: int, wanted: Callable[[Request], bool]) -> Request:
        """A request of that kind, or any where there is none."""
        found = [each for each in self.requests() if wanted(each)] or self.requests()
        return found[which % len(found)]

    def races(self, what: str, call: Call, request: Request | None = None) -> None:
        """What somebody else does at the worst moment of what comes next."""
        found = self.requests()
        own = [each.id for each in found if each.window is not None and self.calls[each.id].bound == call.bound]
        within = request.terms.within if request is not None else None
        own = [within.request] if within is not None else own
        waiting = [each for each in found if each.state == "pending"]
        steps: dict[str, Callable[[], object]] = {
            "taken": lambda: self.asks(self.next(call)),
            "frozen": self.freezes,
            "used": lambda: self.uses(request, "use 2") if request is not None else None,
            "ended": lambda: self.world.end(ALICE, self.disk.request(own[-1])) if own else None,
            "opened": lambda: self.callers.approve(waiting[-1], CAROL) if waiting else None,
        }
        self.meanwhile = steps.get(what)

    def next(self, call: Call) -> Call:
        self.number += 1
        return msgspec.structs.replace(call, number=self.number)

    def asks(self, call: Call, *, use: str = "", join: bool = False) -> Request:
        """Ask; whether or not that is answered, see that what was taken from a window could be."""
        now = self.clock()
        try:
            return self.callers.ask(call, join=join, use=use)
        finally:
            for each in sorted({*self.disk.chains()} - {*self.calls, ""}):
                self.calls[each] = call
                self.was_filed(self.disk.request(each), use, now)

    def was_filed(self, request: Request, use: str, now: datetime) -> None:
        if request.terms.within is not None:
            is_next(request, self.moment)
            may_count(request, self.moment, self.policy, now=now, gone=self.gone)
        if request.state != "pending":
            assert request.terms.within is not None, "nobody approved it"
        if request.state == "used":
            self.used[request.id] = use

    def uses(self, request: Request, key: str) -> None:
        """Use it; whether or not that is answered, see that it could be."""
        now = self.clock()
        try:
            self.callers.use(request, self.calls[request.id], key=key)
            assert self.disk.request(request.id).state == "used"
        finally:
            self.was_used(self.disk.request(request.id), key, now)

    def was_used(self, request: Request, key: str, now: datetime) -> None:
        if request.used is None or request.id in self.used:
            return
        before = self.moment.requests[request.id]
        assert (before.state, self.moment.frozen, request.used.key) == ("approved", False, key)
        assert before.use_by is not None
        assert now < before.use_by
        self.used[request.id] = key
        if request.terms.within is not None:
            may_count(request, self.moment, self.policy, now=now, gone=self.gone)

    def confirms(self, request: Request, *, several: bool) -> None:
        shown = Shown(request=request.id, revision=request.revision, digest=request.digest)
        self.world.uses.confirming.confirm(self.world.identity(ALICE), shown, window=several, now=self.clock())

    def offer(self, window: CallWindow | None, needed: int = 1) -> None:
        stages = (Stage(approvers=(f"group:{APPROVERS}",), needed=needed),)
        self.callers.offering(window, requirement=Requirement(kind="stages", stages=stages))
        self.policy = Rules(window, needed)

    def is_no_approver(self, who: str) -> None:
        self.world.people.groups[APPROVERS].discard(who)
        self.gone.setdefault(who, self.clock())

    def is_approver_again(self, who: str) -> None:
        self.world.people.groups[APPROVERS].add(who)
        self.gone.pop(who, None)

    def freezes(self) -> None:
        freezing.freeze(self.disk, by="os:root", why=None, now=self.clock())

    def thaws(self) -> None:
        freezing.thaw(self.disk, by="os:root", why=None, now=self.clock())
        self.world.freeze.epoch()

    # --- what must hold

    @invariant()
    def nothing_forbidden(self) -> None:
        requests = self.requests()
        for request in requests:
            entries = self.disk.entries(request.id)
            assert list(replay.faults(request, entries)) == []
            assert [each.action for each in entries].count("request.used") == (request.used is not None)
            if request.used is not None:
                assert request.used.key == self.used[request.id]
        alike(self.calls, requests)
        counted(requests)
