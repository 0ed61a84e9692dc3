"""The run: start, settle, check, load, kill, check; again and again; and everything at the end."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from chaos import script, summary
from chaos.correspondence import Correspondence
from chaos.crowd import Crowd
from chaos.departure import Departure
from chaos.findings import Findings
from chaos.frost import Frost
from chaos.inspection import Inspection
from chaos.ledger import Ledger
from chaos.outside import Outside
from chaos.patience import Patience
from chaos.program import Program
from chaos.records import Records
from chaos.scene import PROJECTS
from chaos.settling import run_out, settled
from chaos.siege import AFTER, BEFORE, WELL, Siege
from chaos.watch import Watch
from sandbox.app import Sandbox

SETTLE = 25.0
"""Seconds after a restart within which some of what is due, and no dead worker's lease covers, is done."""

FROZEN = 5.0
"""Seconds for which people act before the freeze, in it between kills, and after it."""

LAST = 180.0
"""Seconds at the end within which some of the leases, windows and waiting times that are left run out."""


class Run:
    """One run in an empty folder. `play` returns whether nothing was found."""

    def __init__(self, folder: Path, box: Sandbox, *, seed: int, out: TextIO) -> None:
        self._box, self._seed, self._out = box, seed, out
        self.program = Program(folder, box)
        self.outside = Outside(box, self.program.policy_file)
        self.ledger, self.findings = Ledger(), Findings()
        self.mail = Correspondence(box, ledger=self.ledger, findings=self.findings)
        self.inspection = Inspection(
            box, outside=self.outside, ledger=self.ledger, findings=self.findings, mail=self.mail
        )
        self.crowd = Crowd(box, outside=self.outside, ledger=self.ledger)
        self.counts: Counter[str] = Counter()
        self.slowest = self.longest = 0.0
        self.states: Counter[str] = Counter()

    def play(self, kills: int) -> bool:
        """Kill so many times, then look at everything."""
        began, life = time.monotonic(), 0
        while self.counts["kills"] < kills:
            self._live(script.life(self._seed, life), number=life)
            life += 1
            if life % 20 == 0:
                self._say(f"{self.counts['kills']} kills after {time.monotonic() - began:.0f} s")
        self._freeze()
        self._besiege()
        self._depart(max(kills // 10, 1))
        self._end()
        self.counts["seconds"] = round(time.monotonic() - began)
        return self.findings.clean()

    def _live(self, life: script.Life, *, number: int) -> None:
        when = f"life {number}"
        self.program.start()
        if life.stillborn is not None:
            time.sleep(life.stillborn)
            self._kill(pages=life.pages)
            self.counts["of them while it started"] += 1
            return
        self.program.ready()
        self._settle(when)
        self._load(life)
        with self._records() as records:
            self.inspection.look(records, when=f"{when}, killed")
        self.inspection.doubts()

    def _settle(self, when: str) -> None:
        """Wait until all that is due and free is done, and check that it was done."""
        self.outside.relent()
        self.outside.repair()
        began = time.monotonic()
        with self._records() as records:
            late = settled(records, [self.program.pid], patience=Patience(SETTLE), pause=0.03)
            self.findings.check("settled", late, when=when)
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.inspection.settled(records, when=when)
            self.inspection.look(records, when=when)

    def _load(self, life: script.Life) -> None:
        for fault in life.faults:
            self.outside.suffer(fault)
        self.crowd.over.clear()
        with self._records() as records:
            self.crowd.records = records
            people = [threading.Thread(target=self.crowd.play, args=(acts,)) for acts in life.acts]
            for person in people:
                person.start()
            time.sleep(life.seconds)
            self._kill(pages=life.pages)
            self.crowd.over.set()
            for person in people:
                person.join()
        self.outside.relent()

    def _freeze(self) -> None:
        """Everything freezes in the middle of a load, with kills while it is frozen: nobody gets anything."""
        self._say("the freeze: what was pending stays so, what stands ends, over kills")
        self.outside.repair()
        self.program.start()
        self.program.ready()
        with self._records() as records:
            self.crowd.records = records
            watch = Watch(self.outside, records, self.findings, projects=PROJECTS)
            frost = Frost(
                self._box,
                self.program,
                outside=self.outside,
                records=records,
                findings=self.findings,
                crowd=self._crowd,
                over_a_kill=lambda: self._over_a_kill(watch),
            )
            watch.begin()
            self._crowd(-1)
            since, until = frost.everything()
            self.mail.frozen(since=since, until=until)
            self._crowd(-5)
            frost.by_name()
            watch.end()
            self._kill()
        # What was pressed in vain was answered in private, and the kills may have come before the answers.
        self.ledger.doubts.clear()
        self.counts["accesses that ended by the freeze"] = len(watch.seen)
        self.counts["drills answered"] = frost.drills

    def _over_a_kill(self, watch: Watch) -> None:
        watch.killed()
        self._again()

    def _crowd(self, number: int, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Let people act for some seconds, without faults."""
        self.crowd.over.clear()
        acts = script.life(self._seed, number).acts
        people = [threading.Thread(target=self.crowd.play, args=(each,)) for each in acts]
        for person in people:
            person.start()
        until = time.monotonic() + FROZEN
        while time.monotonic() < until:
            meanwhile()
            time.sleep(0.2)
        self.crowd.over.set()
        for person in people:
            person.join()

    def _besiege(self) -> None:
        """Strangers, a flood and answers in drops, with a kill in the middle: access ends in time all the same."""
        self._say("the siege: storms, floods and answers in drops")
        self.program.start()
        self.program.ready()
        self.crowd.over.clear()
        with self._records() as records:
            self.crowd.records = records
            siege = Siege(self._box, self.program, self.crowd)
            watch = Watch(self.outside, records, self.findings, projects=WELL)
            siege.begin()
            watch.begin()
            time.sleep(BEFORE)
            watch.killed()
            self._again()
            time.sleep(AFTER)
            siege.end()
            watch.end()
            self._kill()
        self.outside.relent()
        self.counts |= Counter({f"siege: {name}": count for name, count in siege.counts().items()})
        self.counts["siege: accesses that ended"] = len(watch.seen)
        self.longest = watch.longest

    def _depart(self, kills: int) -> None:
        """Everybody who may leave does at once, with kills while what they have is taken."""
        self._say("the departure: leavers lose everything, over kills, and ask again when they are back")
        self.program.start()
        self.program.ready()
        with self._records() as records:
            departure = Departure(
                self.crowd.leaving, records=records, findings=self.findings, over_a_kill=self._again
            )
            departure.play(kills)
            self._kill()
        self.counts["what leavers had and lost at once"] = departure.taken

    def _again(self) -> None:
        self._kill()
        self.program.start()
        self.program.ready()

    def _kill(self, *, pages: bool = True) -> None:
        self.program.kill(pages=pages)
        self.counts["kills"] += 1
        self.counts["of them the pages too"] += pages

    def _end(self) -> None:
        """Let everything run out, then check that nothing is left to do and nothing was ever wrong."""
        self._say("the last start: waiting for leases, windows and retries to run out")
        self.program.start()
        self.program.ready()
        self.outside.relent()
        self.outside.repair()
        with self._records() as records:
            late = run_out(records, [self.program.pid], within=LAST, pause=0.25)
            self.findings.check("settled", late, when="at the end")
            self.inspection.end(records)
            self.states = summary.states(records.request(name) for name in records.ids())
        self.program.kill()

    @contextmanager
    def _records(self) -> Iterator[Records]:
        records = Records(self.program.database)
        try:
            yield records
        finally:
            records.close()

    def _say(self, text: str) -> None:
        self._out.write(f"chaos: {text}\n")
        self._out.flush()

    def table(self) -> str:
        """What happened and what was found."""
        calls = Counter(call.method.rpartition(".")[2] for call in self._box.google.calls())
        counted = {
            **self.counts,
            **summary.by_name(self.ledger.counts),
            **self.outside.counts,
            **self.outside.teams.counts,
            **summary.by_name(self.states),
            **self.mail.counts(),
            **{f"Google {name}": count for name, count in sorted(calls.items())},
            **{f"Slack {name}": count for name, count in sorted(self._box.slack.faults.calls.items())},
            "orphan messages": self.inspection.orphans,
        }
        rows = [summary.table(counted)]
        rows.append(f"{'longest settling after a restart':<42}{self.slowest:>8.1f}s")
        rows.append(f"{'longest outliving, no lease in the way':<42}{self.longest:>8.1f}s")
        return "\n".join(rows) + "\n\n" + self.findings.table()
