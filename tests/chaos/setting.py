"""The world of the state machine: the program in it, what was asked for, and what others do."""

import logging
import tempfile
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from hypothesis.stateful import RuleBasedStateMachine

from approvals.backends.granters.routed import Routed
from approvals.backends.stores.sqlite import open_sqlite
from approvals.ports.store import Store
from approvals.refusals.errors import Refused, Unavailable
from approvals.requests import Request
from approvals.reviews import Verdict
from approvals.targets import GROUPS, MEMBER, accesses
from approvals.times import rfc3339
from sandbox.google.conditions import holds
from tests.chaos.bundles import is_of, offering
from tests.chaos.ice import Ice
from tests.chaos.trouble import WRITES, Crash, Doom, Fates, TroubledGranter, TroubledMessenger
from tests.support.builders import NOW, OTHER, RESOURCE
from tests.support.direct import OftenRead, direct_groups, direct_iam
from tests.support.doubles import Around, Clock, Room
from tests.support.fridays import GROUP
from tests.support.world import ALICE, BOB, CAROL, DAN, World

DECIDERS = [BOB, CAROL, DAN, ALICE]
PLACE = f"{GROUPS}{GROUP}"
MEMORY = Path("/dev/shm")
"""Where there is a disk in memory the store lies there: thousands of commits wait for no platter."""


class Setting(RuleBasedStateMachine):
    """A state machine without rules or truths.

    It knows who was an approver when, what was acknowledged, and what others did to the IAM policy.
    """

    def __init__(self) -> None:
        super().__init__()
        # Thousands of warnings about the trouble that is made on purpose would take most of the time.
        logging.disable(logging.CRITICAL)
        self.folder = Path(tempfile.mkdtemp(prefix="lives", dir=MEMORY if MEMORY.is_dir() else None))
        self.clock, self.doom, self.fates = Clock(), Doom(), Fates()
        self.cloud, self.room = OftenRead(), Room()
        self.cloud.add(RESOURCE)
        self.cloud.add(OTHER)
        self.disk = self.new_store()
        self.known: dict[str, Request] = {}
        self.whole: set[str] = set()
        fragile = Around(self.disk, before=self.written, after=self.doom.write)
        self.cloud.groups.now = lambda: self.clock().timestamp()
        self.cloud.set_group(GROUP, ())
        self.group_name = self.cloud.groups.name(GROUP)
        groups = direct_groups(self.cloud, seconds=lambda: self.clock().timestamp())
        self.granter = TroubledGranter(
            Routed(iam=direct_iam(self.cloud), groups=groups),
            doom=self.doom,
            fates=self.fates,
            clock=self.clock,
            groups=groups,
        )
        self.world = World(
            self.folder,
            granter=self.granter,
            store=cast("Store", fragile),
            messenger=TroubledMessenger(self.room, doom=self.doom, fates=self.fates),
            clock=self.clock,
        )
        self.world.standing = groups
        self.world.restart()
        self.world.policy = offering()
        self.world.room = self.room
        self.ids: list[str] = []
        self.foreign: list[dict[str, Any]] = []
        self.seated: dict[str, tuple[float | None, tuple[str, ...]]] = {}
        self.added = 0
        self.votes: set[tuple[str, str, str, str]] = set()
        self.windows: dict[str, Any] = {}
        self.left_at = dict.fromkeys(DECIDERS, NOW - timedelta(days=1))
        self.gone: dict[str, datetime] = {}
        self.ice: Ice | None = None
        self.struck: set[str] = set()
        self.touched: set[str] = set()

    def new_store(self) -> Store:
        return open_sqlite(self.folder / "store.db", now=NOW)

    def written(self, name: str) -> None:
        """What was read of the store holds until the next write; a look at a record costs time."""
        if name in WRITES:
            self.known.clear()
            self.whole.clear()
        self.doom.write(name)

    def attempt(self, step: Callable[[], Any], *, crash: int | None = None) -> Any:
        """Do something that may be refused or die; after a death the program starts again."""
        self.doom.left = crash
        try:
            return step()
        except (Refused, Unavailable):
            return None
        except Crash:
            self.world.restart()
            return None
        finally:
            self.doom.left = None

    def vote(
        self, who: str, request: Request, verdict: Verdict, *, crash: int | None = None, comment: str = ""
    ) -> None:
        """Press, and remember what was acknowledged."""
        reviewed = self.attempt(lambda: self.world.press(who, request, verdict, comment=comment), crash=crash)
        if reviewed is not None and not reviewed.repeated:
            self.votes.add((request.id, who, verdict, comment))

    def sweep(self) -> None:
        """One look of the program at what is due; a freeze or thaw is noticed first, as by its own thread."""
        if self.world.freeze.moved():
            self.world.reconciler.look_at_waiting()
        for subject in self.world.reconciler.due():
            self.world.reconciler.subject(subject)

    def discover(self) -> None:
        """Find what was filed, whether or not the answer arrived."""
        self.ids += [chain for chain in self.disk.chains() if chain and chain not in self.ids]

    def pick(self, which: int, among: Callable[[Request], bool]) -> Request:
        """A request of that kind, or any where there is none of it."""
        found = [request for request in self.requests() if among(request)] or self.requests()
        return found[which % len(found)]

    def read(self, request_id: str) -> Request:
        if request_id not in self.known:
            self.known[request_id] = self.disk.request(request_id)
        return self.known[request_id]

    def requests(self) -> list[Request]:
        return [self.read(name) for name in self.ids]

    def bindings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cloud.policies()[RESOURCE].get("bindings", [])
        return found

    def ours(self) -> list[dict[str, Any]]:
        """The bindings of ours, each with its resource, and who is in the group by us as if that were one."""
        there = self.cloud.policies()[OTHER].get("bindings", [])
        own = [binding for binding in self.bindings() if binding not in self.foreign]
        bindings = [each | {"resource": RESOURCE} for each in own] + [each | {"resource": OTHER} for each in there]
        return bindings + [self._seat(each) for each in self.cloud.groups.held(GROUP) if each not in self.seated]

    def _seat(self, who: str) -> dict[str, Any]:
        """Google says when a membership ends and not since when it lasts: it does now."""
        end = datetime.fromtimestamp(self.cloud.groups.held(GROUP)[who] or 0, UTC)
        during = (
            f'request.time >= timestamp("{rfc3339(self.clock())}") && request.time < timestamp("{rfc3339(end)}")'
        )
        condition = {"expression": during}
        return {"resource": PLACE, "role": MEMBER, "members": [f"user:{who}"], "condition": condition}

    def access(self, request: Request, *, on: Collection[str] = (RESOURCE, OTHER, PLACE)) -> bool:
        """What a request gives on these resources is in force now by bindings of ours, and there is something."""
        parts = [target for target in accesses(request.terms.targets) if target.resource in on]
        return bool(parts) and all(
            any(
                is_of(request, target, binding)
                and binding["role"] == role
                and holds(binding["condition"]["expression"], at=self.clock(), resource={})
                for binding in self.ours()
            )
            for target in parts
            for role in target.roles
        )
