"""The freezes of a run: of everything, with a drill meanwhile, and of some by name; over kills."""

import time
from collections.abc import Callable
from datetime import datetime

from chaos import truths
from chaos.findings import Findings
from chaos.ice import Ice, Part
from chaos.outside import Outside
from chaos.program import Program
from chaos.records import Records
from chaos.scene import APPROVERS, PROJECTS, address
from sandbox.app import Sandbox

CALLED = 15.0
"""Seconds within which somebody is called to a drill and answers, while nothing fails."""


class Frost:
    """`crowd` lets people act for some seconds by a number of the script, `over_a_kill` kills and starts again."""

    def __init__(
        self,
        box: Sandbox,
        program: Program,
        *,
        outside: Outside,
        records: Records,
        findings: Findings,
        crowd: Callable[..., None],
        over_a_kill: Callable[[], None],
    ) -> None:
        self._box, self._program = box, program
        self._outside, self._records, self._findings = outside, records, findings
        self._crowd, self._over_a_kill = crowd, over_a_kill
        self.drills = 0

    def everything(self) -> tuple[datetime, datetime]:
        """Freeze and thaw all of it; return from when until when it was frozen."""
        self._program.order("freeze", "--because", "chaos")
        frozen = truths.now()
        ice = Ice(self._outside, self._records, self._findings)
        self._drill()
        self._looked_at(ice, -2, -3, -4)
        until = truths.now()
        self._program.order("thaw")
        return frozen, until

    def by_name(self) -> None:
        """Some entitlements and one of the approvers freeze, while all else goes on."""
        part = Part(entitlements=[f"two-{PROJECTS[0]}", f"signed-{PROJECTS[0]}"], mute=address(APPROVERS[0]))
        named = [*(("--entitlement", each) for each in part.entitlements), ("--person", part.mute)]
        for option in named:
            self._program.order("freeze", *option)
        self._looked_at(Ice(self._outside, self._records, self._findings, part=part), -6, -7, -8)
        for option in named:
            self._program.order("thaw", *option)

    def _looked_at(self, ice: Ice, *numbers: int) -> None:
        for number in numbers:
            self._crowd(number, meanwhile=ice.look)
            self._over_a_kill()
        ice.look()

    def _drill(self) -> None:
        """Somebody is called to a drill and says that they are there; what changes by that the ice shows."""
        who = APPROVERS[0]
        drill = self._program.begin("drill", "--person", address(who), "--within", "1m")
        deadline = time.monotonic() + CALLED
        try:
            while not (done := self._answer(who)) and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            drill.terminate()
            drill.wait()
        told = [each.actor for each in self._records.chain("")[0] if each.action == "drill.answered"]
        lost = [f"{who} said that they are there, and on record is {told}"] if done and not told else []
        self._findings.check("lost", lost, when="in the drill")
        self.drills = len(told)

    def _answer(self, who: str) -> bool:
        slack = self._box.slack
        asking = [each for each in slack.acts.visible(who) if "here" in truths.buttons(each)]
        return bool(asking) and slack.press(who, "here", message=asking[-1]).ok
