"""What a request costs in Firestore: documents read, written and deleted, from the ask to the end of access."""

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from bench.figures import Figure
from bench.processes import LOAD_CORE, PYTHON, SERVER_CORE, free_port, running
from chaos import emulator, scene
from chaos.documents import Documents
from chaos.program import environ
from chaos.twins import answers
from sandbox.app import Sandbox

REQUESTS = 6
IDLE = 60.0
"""Seconds in which nobody asks anything."""

STEPS = ("asked", "approved and given", "ended and taken away")
PATIENCE = 60.0
QUIET = 1.0
"""Seconds without a write after which a step is over."""

TARGETS = {"reads": 80, "writes": 55, "deletes": 15}
"""Of one request, all its steps together."""


def measure(folder: Path) -> list[Figure]:
    """One service on the emulator, with nobody about and then with one person after the other."""
    folder = folder / "spending"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if said := emulator.missing():
        print(f"# spending was not measured: {said}", flush=True)
        return []
    world = scene.world(folder / "world.yaml")
    with emulator.running(answers) as host, Sandbox.start(world_file=world, iap_port=0, smtp_port=0) as box:
        return _Bill(folder, box, host).figures()


class _Bill:
    """One run."""

    def __init__(self, folder: Path, box: Sandbox, host: str) -> None:
        self._folder, self._box, self._host = folder, box, host
        self._meter = free_port()
        self._rate: Counter[str] = Counter()

    def figures(self) -> list[Figure]:
        (self._folder / "policy.yaml").write_text(scene.policy("plain"))
        given = environ(self._folder, self._box) | {
            "COUNTERSIGN_STORE": "firestore://bench-spending/(default)",
            "COUNTERSIGN_ROUTES": "public",
            "FIRESTORE_EMULATOR_HOST": self._host,
        }
        command, log = [PYTHON, "-m", "bench.meter", str(self._meter)], self._folder / "service.log"
        core = SERVER_CORE if (os.cpu_count() or 1) > LOAD_CORE else 0
        with running(command, environ=given, log=log, core=core) as service:
            self._box.bot_url = f"http://127.0.0.1:{service.port}/slack/events"
            _until(lambda: _ready(service.port), "it is ready")
            self._quiet()
            self._idle()
            records = Documents("bench-spending", self._host)
            try:
                return self._steps(records)
            finally:
                records.close()

    def _idle(self) -> None:
        before = self._counts()
        time.sleep(IDLE)
        self._rate = _less(self._counts(), before)

    def _steps(self, records: Documents) -> list[Figure]:
        steps: dict[str, Counter[str]] = {each: Counter() for each in STEPS}
        for number in range(REQUESTS):
            who = scene.REQUESTERS[number]
            steps[STEPS[0]] += self._step(partial(self._ask, who, records))
            name = records.pending()[-1].id
            steps[STEPS[1]] += self._step(partial(self._approve, name, records))
            steps[STEPS[2]] += self._step(partial(self._end, who, name, records))
        return self._said(steps)

    def _ask(self, who: str, records: Documents) -> None:
        self._box.slack.command(who, f"/jit request one-{scene.PROJECTS[0]} for 1m because INC-1")
        _until(lambda: bool(records.pending()), "it is filed")

    def _approve(self, name: str, records: Documents) -> None:
        job = records.job(f"request:{name}")
        posts = job.posts.posts if job else {}
        (card,) = (post.posted for key, post in posts.items() if key.startswith("card") and post.posted)
        slack = self._box.slack
        slack.press(scene.APPROVERS[0], "approve", message=slack.state.kept[card.place, card.ts])
        _until(lambda: _grant(records, name) == "active", "access is there")

    def _end(self, who: str, name: str, records: Documents) -> None:
        self._box.slack.command(who, f"/jit end {name}")
        _until(lambda: not records.holding(), "access is gone")

    def _step(self, act: Callable[[], object]) -> Counter[str]:
        """What it cost until nothing more was written, without what would have been spent anyway."""
        before, begun = self._counts(), time.monotonic()
        act()
        self._quiet()
        spent = _less(self._counts(), before)
        idle = {name: round(count * (time.monotonic() - begun) / IDLE) for name, count in self._rate.items()}
        return Counter({name: max(0, count - idle.get(name, 0)) for name, count in spent.items()})

    def _quiet(self) -> None:
        last, since, end = -1, time.monotonic(), time.monotonic() + PATIENCE
        while time.monotonic() < min(since + QUIET, end):
            now = self._counts()["writes"]
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.1)

    def _said(self, steps: dict[str, Counter[str]]) -> list[Figure]:
        for name, spent in steps.items():
            parts = {kind: round(count / REQUESTS, 1) for kind, count in sorted(spent.items())}
            print(f"# {name}: {', '.join(f'{count:g} {kind}' for kind, count in parts.items())}", flush=True)
        idle = dict(sorted(self._rate.items()))
        print(
            f"# nobody about, a minute: {', '.join(f'{count} {kind}' for kind, count in idle.items())}", flush=True
        )
        whole = sum(steps.values(), Counter[str]())
        return [
            Figure(
                name=f"a request on Firestore, from the ask to the end of its access: {kind}",
                value=round(whole[kind] / REQUESTS, 1),
                target=target,
                better="lower",
                baseline=", ".join(f"{name} {spent[kind] / REQUESTS:.1f}" for name, spent in steps.items()),
            )
            for kind, target in TARGETS.items()
        ] + [
            Figure(
                name="a service on Firestore with nobody about: reads an hour",
                value=self._rate["reads"] * 3600 / IDLE,
                target=3600,
                better="lower",
                baseline=f"{self._rate['writes']} writes in the minute",
            )
        ]

    def _counts(self) -> Counter[str]:
        with urlopen(f"http://127.0.0.1:{self._meter}/", timeout=5) as answer:
            return Counter(json.loads(answer.read()))


def _less(now: Counter[str], before: Counter[str]) -> Counter[str]:
    return Counter({name: count - before[name] for name, count in now.items() if count > before[name]})


def _grant(records: Documents, name: str) -> str:
    grant = records.request(name).grant
    return grant.state if grant else ""


def _ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _until(true: Callable[[], bool], what: str) -> None:
    """Raises `AssertionError` when that takes too long."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited {PATIENCE:.0f} s until {what}"
        time.sleep(0.1)
