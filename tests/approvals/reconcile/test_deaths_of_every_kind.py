"""Work of many kinds at once, each other call of which fails: whoever dies when, all of it comes to its end."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.errors import Unavailable
from approvals.freezing import freeze, thaw
from approvals.ports.store import Store
from approvals.ports.targets import Granter
from approvals.reconcile.drills import calls
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.approvals.reconcile.test_announcing import Crier
from tests.approvals.reconcile.test_calling import Hall, begin
from tests.approvals.reconcile.test_due_again import kept
from tests.approvals.reconcile.test_eventing import Topic
from tests.approvals.reconcile.test_looking_back import DEPLOY, Logs, deeds
from tests.chaos.trouble import Crash, Doom
from tests.support.builders import NOW
from tests.support.clouds import google_with
from tests.support.direct import Wire, direct
from tests.support.doubles import Around
from tests.support.receivers import HOOK, Receiver, told, told_at
from tests.support.refunds import Till
from tests.support.world import BOB, GWEN, World

OUTSIDE = frozenset({"post", "redraw", "call", "recall", "publish", "announce", "of"})
MOMENTS = range(0, 276, 25)
MOST_AGAIN = {"events": 12, "activations": 1, "webhooks": 1, "calls": 1}
"""How much of a kind is told once more where the process dies between telling it and noting that."""


class Every:
    """The moments of a process, and what each other call outside comes to: first it is told to come again."""

    def __init__(self) -> None:
        self.doom = Doom()
        self._tries: Counter[tuple[str, str]] = Counter()

    def around(self, part: object) -> Any:
        return Around(part, before=lambda name: self._before(type(part).__name__, name), after=self._after)

    def _before(self, part: str, name: str) -> None:
        self.doom.write(name)
        if name in OUTSIDE:
            self.doom.moment()
            self._tries[part, name] += 1
            if self._tries[part, name] % 2:
                raise Unavailable("too many calls", retry_after=1)

    def _after(self, name: str) -> None:
        self.doom.write(name)
        if name in OUTSIDE:
            self.doom.moment()


class Came(NamedTuple):
    """What others were told in the end, each as often as it was."""

    events: Counter[tuple[str, str]]
    activations: Counter[tuple[str, str]]
    webhooks: Counter[str]
    turns: Counter[str]
    calls: Counter[str]


class Office:
    """A world with somebody to tell of everything, in which a process dies at one moment."""

    def __init__(self, folder: Path, wire: Granter, moment: int | None) -> None:
        folder.mkdir()
        self.every, self.store = Every(), open_sqlite(folder / "store.db", now=NOW)
        self.hall, self.topic, self.crier, self.logs, self.receiver = Hall(), Topic(), Crier(), Logs(), Receiver()
        self.logs.entries = [DEPLOY]
        around = self.every.around
        self.world = World(
            folder, granter=wire, store=cast("Store", around(self.store)), messenger=around(self.hall)
        )
        self.world.receivers, self.world.events = around(self.receiver), around(self.topic)
        self.world.logs, crying = around(self.logs), around(self.crier)
        crying.name = self.crier.name
        self.world.announcers = [crying]
        self.till = told_at(Till(self.world), HOOK)
        self.world.restart()
        self.world.reconciler.next(kind="event", running=(), limit=1, each=1)
        self.asked, self.waits = self.world.file(minutes=30), self.world.file(GWEN)
        self.refund, self.drill = self.till.approved(), begin(self.world)
        self.world.press(BOB, self.asked)
        self.every.doom.left, self.died = moment, False

    def live(self, seconds: float, *, step: float = 30) -> None:
        """Let time go by; who died is there again half a minute later."""
        end = self.world.clock() + timedelta(seconds=seconds)
        while self.world.clock() < end:
            try:
                self.world.passes(step, step=step)
            except Crash:
                self.died = True
                self.world.clock.advance(31)
                self.world.restart()

    def came(self) -> Came:
        names = {self.asked.id: "asked", self.refund.id: "refund", self.waits.id: "waits", "": ""}
        return Came(
            events=Counter((names.get(each.subject, "?"), each.type) for each in self.topic.events),
            activations=Counter((names[name], kind) for kind, name in self.crier.told),
            webhooks=Counter(body["type"] for _, _, body in self.receiver.came),
            turns=Counter(str((each.key.partition(":")[0], each.people)) for each in self.hall.turns),
            calls=self.hall.called,
        )


def play(folder: Path, wire: Granter, moment: int | None) -> Office:
    """Access is used and over, a refund lapses, people are called, and all is frozen for a while."""
    office = Office(folder, wire, moment)
    office.live(60)
    freeze(office.store, by="operator", why=None, now=office.world.clock())
    office.live(120)
    thaw(office.store, by="operator", why=None, now=office.world.clock())
    office.live(3600)
    office.live(8 * 3600, step=300)
    office.live(2 * 86_400, step=7200)
    return office


def require_over(office: Office, cloud: Google) -> None:
    world = office.world
    assert world.read(office.asked).grants[0].removed
    assert bindings(cloud) == []
    assert (world.read(office.refund).state, world.read(office.waits).state) == ("lapsed", "expired")
    assert deeds(world, office.asked).last
    assert [each.outcome for each in told(office.till, office.refund).messages] == ["taken", "taken"]
    called = calls(office.store, office.drill)
    assert all(called.of(each).drawn for each in office.drill.people)
    for request in (office.asked, office.waits, office.refund):
        posts = kept(world, request)
        for post in (posts.of("card"), posts.of("status")):
            drawn = office.hall.messages[post.posted.ts].drawn if post.posted is not None else None
            assert drawn is not None
            assert drawn.request == world.read(request)
    late = office.store.due(now=world.clock() + timedelta(days=9), limit=9)
    assert {each for each in late if not world.reconciler.stands(each)} == set()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Came:
    """What comes where nobody dies."""
    cloud = google_with()
    office = play(tmp_path_factory.mktemp("whole") / "office", Wire(direct(cloud)), None)
    require_over(office, cloud)
    office.store.close()
    came = office.came()
    assert all(came)
    return came


@pytest.mark.parametrize("moment", MOMENTS)
def test_whenever_the_process_dies_nothing_is_lost_and_nothing_stays_due(
    tmp_path: Path, cloud: Google, wire: Wire, whole: Came, moment: int
) -> None:
    office = play(tmp_path / "office", wire, moment)
    require_over(office, cloud)
    office.store.close()
    came = office.came()

    assert office.died
    assert not came.turns - whole.turns, "nobody is told of their turn twice"
    for kind in ("events", "activations", "webhooks", "calls"):
        more = getattr(came, kind) - getattr(whole, kind)
        assert getattr(came, kind).keys() == getattr(whole, kind).keys(), kind
        assert more.total() <= MOST_AGAIN[kind], kind
