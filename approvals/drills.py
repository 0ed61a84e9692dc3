"""A drill: people are asked whether they are there, and nothing follows from it but a list of who answered."""

from datetime import datetime, timedelta

import msgspec

DRILL = "drill"
"""The name of the guard that keeps the last one, and the kind of what reconcile works on."""

MOST = 100
"""People whom one drill calls at most."""

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=24)
"""How long a drill may last."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody said that they are there, known by this account."""

    person: str
    at: datetime
    account: str


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """People who were called by somebody at the machine, and who of them has answered until its time was over."""

    v: int = 1
    id: str
    by: str
    people: tuple[str, ...]
    begun: datetime
    until: datetime
    answers: tuple[Answered, ...] = ()

    def answer(self, person: str) -> Answered | None:
        return next((each for each in self.answers if each.person == person), None)

    def lasts(self, now: datetime) -> bool:
        """Somebody can still answer, and has not."""
        return now < self.until and len(self.answers) < len(self.people)


def subject(drill: Drill) -> str:
    """What reconcile works on, to call everybody."""
    return f"{DRILL}:{drill.id}"
