"""Work of many kinds at once, each call of which fails at first: whoever dies when, all of it comes to its end."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.freezes.freezing import freeze, thaw
from approvals.ports.messages import Notice
from approvals.ports.store import Store
from approvals.ports.targets import Granter
from approvals.reconcile.drills import calls
from approvals.refusals.errors import Unavailable
from approvals.telling.cards import Card
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
BEFORE, AFTER, NOTED = 0, 1, 3
"""How many moments after somebody is about to call they die: then, once they have, and once that is noted."""

POSTED = ("post card", "post status", "post turn", "post step", "post deeds")
REDRAWN = ("redraw card", "redraw status", "redraw deeds")
DEATHS = (
    *((kind, BEFORE) for kind in (*POSTED, *REDRAWN, "recall")),
    *((kind, AFTER) for kind in ("call", "publish", "announce", "post")),
    *((kind, NOTED) for kind in ("post turn", "call", "of")),
)
"""At which second try: of messages by what they are, of calls to a drill, of what programs are told, of a look."""

MOST_AGAIN = {"events": 12, "activations": 1, "webhooks": 1, "calls": 1}
"""How much of a kind is told once more where the process dies between telling it and noting that."""


class Every:
    """Whatever is called outside says at its first try to come again; at one second try the process dies."""

    def __init__(self, kind: str, left: int) -> None:
        self.doom, self.seen = Doom(), Counter[str]()
        self._kind, self._left = kind, left
        self._tries: Counter[tuple[str, str]] = Counter()

    def store(self, inner: object) -> Any:
        return Around(inner, before=self.doom.write, after=self.doom.write)

    def around(self, part: object) -> Any:
        return Outside(part, self)

    def before(self, name: str, args: Sequence[object]) -> None:
        kind, which = _what(name, args)
        self._tries[name, which] += 1
        second = self._tries[name, which] % 2 == 0
        self.seen[kind] += second
        if second and kind == self._kind:
            self._kind, self.doom.left = "", self._left
        self.doom.moment()
        if not second:
            raise Unavailable("too many calls", retry_after=1)


class Outside:
    """Stands around what is called outside. Its methods are its own: what it can do is asked of itself alone."""

    def __init__(self, inner: object, every: Every) -> None:
        self._every = every
        for name in (each for each in dir(inner) if not each.startswith("_") and callable(getattr(inner, each))):
            call = getattr(inner, name)
            setattr(self, name, self._told(name, call) if name in OUTSIDE else call)

    def _told(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def told(*args: Any, **how: Any) -> Any:
            self._every.before(name, args)
            answer = call(*args, **how)
            self._every.doom.moment()
            return answer

        return told


def _what(name: str, args: Sequence[object]) -> tuple[str, str]:
    """Of what kind a call is, and what it is about, which is the same at every try of it."""
    notice = next((each for each in args if isinstance(each, Notice)), None)
    if notice is None:
        return name, str(args)
    card = next(each for each in args if isinstance(each, Card))
    return f"{name} {notice.key.partition(':')[0]}", f"{card.request.id} {notice.key}"


class Came(NamedTuple):
    """What others were told in the end, each as often as it was."""

    events: Counter[tuple[str, str]]
    activations: Counter[tuple[str, str]]
    webhooks: Counter[str]
    turns: Counter[str]
    calls: Counter[str]


class Office:
    """A world with somebody to tell of everything, in which a process dies at one moment."""

    def __init__(self, folder: Path, wire: Granter, kind: str, left: int) -> None:
        folder.mkdir()
        self.every, self.store = Every(kind, left), open_sqlite(folder / "store.db", now=NOW)
        self.hall, self.topic, self.crier, self.logs, self.receiver = Hall(), Topic(), Crier(), Logs(), Receiver()
        self.logs.entries = [DEPLOY]
        around = self.every.around
        self.world = World(
            folder, granter=wire, store=cast("Store", self.every.store(self.store)), messenger=around(self.hall)
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
        self.died = False

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


def play(folder: Path, wire: Granter, kind: str = "", left: int = 0) -> Office:
    """Access is used and over, a refund lapses, people are called, and all is frozen for a while."""
    office = Office(folder, wire, kind, left)
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
    office = play(tmp_path_factory.mktemp("whole") / "office", Wire(direct(cloud)))
    require_over(office, cloud)
    office.store.close()
    came = office.came()
    assert all(came)
    assert {kind for kind, _ in DEATHS} <= office.every.seen.keys()
    return came


@pytest.mark.parametrize("death", DEATHS)
def test_whenever_the_process_dies_nothing_is_lost_and_nothing_stays_due(
    tmp_path: Path, cloud: Google, wire: Wire, whole: Came, death: tuple[str, int]
) -> None:
    office = play(tmp_path / "office", wire, *death)
    require_over(office, cloud)
    office.store.close()
    came = office.came()

    assert office.died
    assert not came.turns - whole.turns, "nobody is told of their turn twice"
    for kind in ("events", "activations", "webhooks", "calls"):
        more = getattr(came, kind) - getattr(whole, kind)
        assert getattr(came, kind).keys() == getattr(whole, kind).keys(), kind
        assert more.total() <= MOST_AGAIN[kind], kind
