"""Two instances over one Firestore, killed in turn while people go on at whichever still answers."""

import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from chaos import settling
from chaos.balancer import Balancer
from chaos.correspondence import Correspondence
from chaos.crowd import Crowd
from chaos.documents import Documents
from chaos.findings import Findings
from chaos.inspection import Inspection
from chaos.ledger import Ledger
from chaos.outside import Outside
from chaos.program import Child, environ
from chaos.scene import policy
from chaos.script import life
from sandbox.app import Sandbox

SETTLE = 40.0
"""Seconds within which all is done that is due and that no dead worker's lease covers."""

LAST = 240.0
"""Seconds at the end within which all leases, windows and waiting times run out and everything is done."""


class Twins:
    """One run in an empty folder and an empty project of the emulator at `host`."""

    def __init__(
        self, folder: Path, box: Sandbox, *, project: str, host: str, seed: int, findings: Findings
    ) -> None:
        folder.mkdir(exist_ok=True)
        self._box, self._seed, self._findings = box, seed, findings
        self._project, self._host = project, host
        policy_file = folder / "policy.yaml"
        policy_file.write_text(policy("plain"))
        given = environ(folder, box) | {
            "COUNTERSIGN_STORE": f"firestore://{project}/(default)",
            "FIRESTORE_EMULATOR_HOST": host,
        }
        self.instances = [Child("all", environ=given, log=folder / f"service-{number}.log") for number in (1, 2)]
        self.balancer = Balancer([each.port for each in self.instances])
        box.bot_url = f"{self.balancer.url}/slack/events"
        if box.iap:
            box.iap.gate.upstream = self.balancer.url
        self.ledger = Ledger()
        self.outside = Outside(box, policy_file)
        self.crowd = Crowd(box, outside=self.outside, ledger=self.ledger)
        self.counts: Counter[str] = Counter()
        mail = Correspondence(box, ledger=self.ledger, findings=findings)
        self._inspection = Inspection(box, outside=self.outside, ledger=self.ledger, findings=findings, mail=mail)

    def play(self, kills: int, *, last: float = LAST) -> bool:
        """Kill so many times, look each time, and at the end let everything run out; `last` 0: look at once."""
        for each in self.instances:  # one after the other: the first makes the store and the key
            each.start()
            each.ready()
        records = Documents(self._project, self._host)
        self.crowd.records = records
        try:
            for number in range(kills):
                self._live(records, number)
            self._settle(records)
            if last:
                self._run_out(records, last)
                self._inspection.end(records)
            self.counts["twins: requests"] = len(records.ids())
        finally:
            records.close()
        return self._findings.clean()

    def end(self) -> None:
        """Leave nothing running, whatever happened."""
        for each in self.instances:
            each.end()
        self.balancer.close()

    def _live(self, records: Documents, number: int) -> None:
        """People act; one instance dies in the middle, and they go on at the other."""
        now, dying = life(self._seed, number), self.instances[number % 2]
        dice = random.Random(f"{self._seed}/twins/{number}")  # noqa: S311 - to be replayed, not to be secret
        for fault in now.faults:
            self.outside.suffer(fault)
        self.crowd.over.clear()
        people = [threading.Thread(target=self.crowd.play, args=(acts,)) for acts in now.acts]
        for person in people:
            person.start()
        time.sleep(dice.uniform(0.3, 1.5))
        dying.kill()
        self.counts["twins: kills"] += 1
        before = self._acknowledged()
        time.sleep(dice.uniform(1.0, 2.0))
        self.crowd.over.set()
        for person in people:
            person.join()
        self.counts["twins: acts that one alone acknowledged"] += self._acknowledged() - before
        self.outside.relent()
        self._inspection.look(records, when=f"round {number}, one is dead")
        dying.start()
        dying.ready()

    def _acknowledged(self) -> int:
        return len(self.ledger.promises)

    def _settle(self, records: Documents) -> None:
        """All that is due and free is done within a while, whoever was killed at it."""
        self.outside.relent()
        self.outside.repair()
        began, pids = time.monotonic(), [each.pid for each in self.instances]
        while late := [job.subject for job in records.jobs().values() if settling.busy(job, pids)]:
            if time.monotonic() - began > SETTLE:
                said = [f"{subject} is not done after {SETTLE:.0f} s" for subject in late]
                self._findings.check("settled", said, when="both are back")
                break
            time.sleep(0.3)
        self._inspection.settled(records, when="both are back")
        self._inspection.look(records, when="both are back")

    def _run_out(self, records: Documents, last: float) -> None:
        deadline, pids = time.monotonic() + last, [each.pid for each in self.instances]
        while (open_ := settling.left(records, pids, within=last)) and time.monotonic() < deadline:
            time.sleep(0.5)
        late = [f"still open after {last:.0f} s: {each}" for each in open_[:5]]
        self._findings.check("settled", late, when="at the end")


def answers(host: str) -> bool:
    """Whether the emulator answers as a store needs it."""
    records = Documents("chaos-probe", host)
    try:
        records.installation()
    except Exception:  # noqa: BLE001 - whatever it is, it does not answer yet
        return False
    finally:
        records.close()
    return True


def table(counts: Mapping[str, int]) -> str:
    """What happened, for people."""
    return "\n".join(f"{name:<42}{count:>9}" for name, count in counts.items())
