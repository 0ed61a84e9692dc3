"""What is paid for in Firestore: documents read, written and deleted, by what people and programs do."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.bill import Bill, Cost, Counts, added, until
from bench.figures import Figure
from bench.lives import BUNDLE, CALLS, MAILED, ONE, UNDECIDED, Life, Lives
from bench.meter import CHORES
from bench.processes import LOAD_CORE, PYTHON, SERVER_CORE, Child, free_port, running
from chaos import emulator, scene
from chaos.documents import Documents
from chaos.program import environ
from chaos.twins import answers
from sandbox.app import Sandbox

REQUESTS, OTHERS = 6, 2
"""Requests for access to one project, and of each other kind."""

IDLE = 60.0
"""Seconds in which nobody asks anything."""

GIVEN = "a request on Firestore, from the ask to the end of its access"
TAKEN = "an agent's call on Firestore that is taken from a window"
TARGETS: Mapping[str, Mapping[str, float]] = {GIVEN: {"reads": 80, "writes": 55, "deletes": 15}}
"""Of one request, all its steps together. Of the others nobody has said yet what they ought to cost."""

_KINDS = ("reads", "writes", "deletes")
Steps = dict[str, Cost]


class Kind(NamedTuple):
    """Lives of one kind, by whom each is lived, and how many times each of them does what the figure is of."""

    name: str
    life: Callable[[str], Life]
    people: Sequence[str]
    each: int = 1


class Spent(NamedTuple):
    """What lives of one kind cost, by their steps; `times` they did what the figure is of."""

    name: str
    steps: Steps
    times: int

    @property
    def whole(self) -> Cost:
        return added(self.steps.values())


def measure(folder: Path) -> list[Figure]:
    """One service on the emulator, with nobody about and then with one person after the other."""
    folder = folder / "spending"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if said := emulator.missing():
        print(f"# spending was not measured: {said}", flush=True)
        return []
    with emulator.running(answers) as host, metered(folder, host, project="bench-spending") as (bill, lives, _):
        rate = bill.idle(IDLE)
        print(f"# nobody about, a minute: {_listed(rate)}", flush=True)
        every = kinds(lives, scene.REQUESTERS, most=REQUESTS, others=OTHERS, calls=CALLS)
        spent = [charged(bill, kind) for kind in every]
        chores = {name: count for name, count in bill.counts().items() if name.startswith(CHORES)}
        print(f"# chores in all that time: {_listed(chores)}", flush=True)
    return [*(figure for each in spent for figure in figures(each)), _idle(rate)]


@contextmanager
def metered(folder: Path, host: str, *, project: str) -> Iterator[tuple[Bill, Lives, Documents]]:
    """A service beside a sandbox that has what it starts with; its bill, who lives there, and its records."""
    port, meter = free_port(), free_port()
    world = scene.world(folder / "world.yaml")
    records, url = Documents(project, host), f"http://127.0.0.1:{port}"
    with closing(records), Sandbox.start(world_file=world, iap_port=0, smtp_port=0) as box:
        lives, bill = Lives(box, records, url=url), Bill(meter)
        (folder / "policy.yaml").write_text(lives.policy())
        box.bot_url = f"{url}/slack/events"
        given = _environ(folder, box, host, project=project) | {"COUNTERSIGN_API_URL": url}
        with _serving(folder, given, port=port, meter=meter):
            until(lambda: bill.counts()["writes policies"] > 0, "it has kept its policy")
            yield bill, lives, records


def kinds(lives: Lives, people: Sequence[str], *, most: int, others: int, calls: int) -> Iterator[Kind]:
    """All that is measured, one kind after the other."""
    asking, some, agents = people[:most], people[:others], people[-1:]
    yield Kind(GIVEN, partial(lives.given, entitlement=ONE), asking)
    yield Kind(
        "a bundle on two projects on Firestore, up to the end of its access",
        partial(lives.given, entitlement=BUNDLE),
        some,
    )
    yield Kind("an application's action on Firestore, asked, approved and used", lives.action, some)
    yield Kind("an agent's call on Firestore that opens a window, up to its claim", lives.opener, agents)
    yield Kind(TAKEN, partial(lives.taken, calls=calls), agents, each=calls)
    yield Kind("a request on Firestore that expires", partial(lives.undecided, entitlement=UNDECIDED), some)
    yield Kind(
        "a request on Firestore that expires, with letters to three people",
        partial(lives.undecided, entitlement=MAILED),
        some,
    )


def charged(bill: Bill, kind: Kind) -> Spent:
    """Have these lives lived, and said what their steps cost."""
    steps: Steps = {}
    for who in kind.people:
        for name, cost in bill.charge(kind.life(who)):
            steps[name] = added((steps.get(name, {}), cost))
    spent = Spent(kind.name, steps, len(kind.people) * kind.each)
    for name, cost in steps.items():
        print(f"# {kind.name}: {name}: {_listed(cost, spent.times)}", flush=True)
    return spent


def figures(spent: Spent) -> list[Figure]:
    """What one of them costs: reads, writes and deletes, each with the share of every step."""
    targets = TARGETS.get(spent.name, {})
    return [
        Figure(
            name=f"{spent.name}: {kind}",
            value=round(spent.whole.get(kind, 0) / spent.times, 1),
            target=targets.get(kind),
            better="lower",
            baseline=", ".join(
                f"{name} {cost.get(kind, 0) / spent.times:.1f}" for name, cost in spent.steps.items()
            ),
        )
        for kind in _KINDS
    ]


def _idle(rate: Counts) -> Figure:
    return Figure(
        name="a service on Firestore with nobody about: reads an hour",
        value=rate["reads"] * 3600 / IDLE,
        target=3600,
        better="lower",
        baseline=f"{rate['writes']} writes in the minute",
    )


def _serving(folder: Path, given: Mapping[str, str], *, port: int, meter: int) -> AbstractContextManager[Child]:
    core = SERVER_CORE if (os.cpu_count() or 1) > LOAD_CORE else 0
    command, log = [PYTHON, "-m", "bench.meter", str(meter)], folder / "service.log"
    return running(command, environ=given, log=log, core=core, port=port)


def _environ(folder: Path, box: Sandbox, host: str, *, project: str) -> dict[str, str]:
    return environ(folder, box) | {
        "COUNTERSIGN_STORE": f"firestore://{project}/(default)",
        "COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}",
        "COUNTERSIGN_ROUTES": "public",
        "FIRESTORE_EMULATOR_HOST": host,
    }


def _listed(cost: Cost, times: int = 1) -> str:
    return ", ".join(f"{count / times:.3g} {kind}" for kind, count in sorted(cost.items()))
