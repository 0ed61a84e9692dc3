"""Two instances over one Firestore, killed in turn while people go on at whichever still answers."""

import random
import threading
import time
from collections import Counter
from pathlib import Path

from chaos import settling, summary
from chaos.balancer import Balancer
from chaos.correspondence import Correspondence
from chaos.crowd import Crowd
from chaos.departure import Departure
from chaos.documents import Documents
from chaos.findings import Findings
from chaos.inspection import Inspection
from chaos.ledger import Ledger
from chaos.outside import Outside
from chaos.patience import Patience
from chaos.program import Child, environ
from chaos.scene import policy
from chaos.script import life
from sandbox.app import Sandbox

SETTLE = 40.0
"""Seconds within which some of what is due, and no dead worker's lease covers, is done."""

LAST = 240.0
"""Seconds at the end within which some of the leases, windows and waiting times that are left run out."""


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
                self._depart(records)
                late = settling.run_out(records, self._pids, within=last, pause=0.5)
                self._findings.check("settled", late, when="at the end")
                self._inspection.end(records)
            self.counts |= summary.states(records.request(name) for name in records.ids())
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
        late = settling.settled(records, self._pids, patience=Patience(SETTLE), pause=0.3)
        self._findings.check("settled", late, when="both are back")
        self._inspection.settled(records, when="both are back")
        self._inspection.look(records, when="both are back")

    def _depart(self, records: Documents) -> None:
        """Whoever may leave does, and loses what they have for longer than the run lasts; then they are back."""
        departure = Departure(
            self.crowd.leaving, records=records, findings=self._findings, over_a_kill=self._over_kills
        )
        departure.play(1)
        self.counts["twins: what leavers had and lost at once"] = departure.taken

    def _over_kills(self) -> None:
        """Both in turn: what each has in mind is gone, and one of them always answers."""
        for each in self.instances:
            each.kill()
            self.counts["twins: kills"] += 1
            each.start()
            each.ready()

    @property
    def _pids(self) -> list[int]:
        return [each.pid for each in self.instances]


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
