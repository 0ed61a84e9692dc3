"""Who leaves for good, and comes back: deactivated in the chat or suspended in the directory."""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from operator import attrgetter

from approvals.absences import LEFT
from approvals.requests import Request, lives, undecided
from chaos.ledger import Ledger
from chaos.records import Records
from chaos.scene import GOERS, LASTING, PROJECTS, REQUESTERS, STAND_IN, SUSPENDED, address
from chaos.script import Act
from countersign_client.chain import Entry
from sandbox.app import Sandbox

LEAVING = frozenset({"settle", "go", "come"})
_FILED = re.compile(r"Filed as\W+(r-[0-9a-z]{10})")
_OFFERED = PROJECTS[:-1]


class Leaving:
    """Each act by its verb. `gone` are the names of those who are not there."""

    def __init__(self, box: Sandbox, *, ledger: Ledger) -> None:
        self._box, self._ledger = box, ledger
        self.gone: set[str] = set()
        box.google.users.readable = True
        for name in SUSPENDED:
            box.google.users.set(address(name))

    def play(self, act: Act) -> None:
        who = GOERS[act.which % len(GOERS)]
        if act.verb == "go":
            self.go(who)
        elif act.verb == "come":
            self.come(who)
        elif who not in self.gone:
            self.settle(who, act.which)

    def settle(self, who: str, which: int) -> None:
        """Somebody gets access for long, asks for what nobody will decide soon, is away, or stands in."""
        project, last = _OFFERED[which % len(_OFFERED)], GOERS[-1]
        asks = [f"/jit request {kind}-{project} for 30m because INC-{which}" for kind in LASTING]
        away = (who, f"/jit away for 30m to {address(STAND_IN)}")
        if who == last:
            away = (REQUESTERS[which % len(REQUESTERS)], f"/jit away for 30m to {address(last)}")
        for person, line in (*((who, each) for each in asks), away):
            self.ask(person, line)

    def ask(self, who: str, line: str) -> str:
        """The request that was filed so; empty where there is none."""
        outcome = self._box.slack.command(who, line)
        filed = _FILED.search(outcome.body) if outcome.ok else None
        if filed is not None:
            self._ledger.acknowledged("filed", filed[1], address(who))
        said = "unanswered" if outcome.error else "answered"
        self._ledger.count(f"leavers while they are there: {said}")
        return filed[1] if filed is not None else ""

    def go(self, who: str) -> None:
        self.gone.add(who)
        self._change(who, gone=True)
        self._ledger.count(f"leavers: {'suspended' if who in SUSPENDED else 'deactivated'}")

    def come(self, who: str) -> None:
        self._change(who, gone=False)
        self.gone.discard(who)

    def _change(self, who: str, *, gone: bool) -> None:
        if who in SUSPENDED:
            self._box.google.users.set(address(who), suspended=gone)
        else:
            self._box.slack.change_person(who, deleted=gone)


def left_behind(
    requests: Sequence[Request], absences: Sequence[Entry], gone: Collection[str], *, now: datetime
) -> Iterator[str]:
    """What somebody who has left still has: a request that waits, access, or a place in an absence."""
    for request in sorted(requests, key=attrgetter("id")):
        if request.requester in gone and (undecided(request) or lives(request)):
            yield f"{request.requester} has left, and {request.id} is {request.state}: {request.grants}"
    moves = {each.detail.get("person", each.actor): each for each in absences}
    for person, last in moves.items():
        if last.action != LEFT or datetime.fromisoformat(last.detail["until"]) <= now:
            continue
        for who in sorted({person, last.detail["delegate"]} & set(gone)):
            yield f"{who} has left, and {last.detail['delegate']} stands in for {person}"


def left_by(records: Records, gone: Collection[str], *, now: datetime) -> list[str]:
    """The same, of what is stored."""
    requests = [records.request(name) for name in records.ids()]
    return list(left_behind(requests, records.absences(), {address(who) for who in gone}, now=now))
