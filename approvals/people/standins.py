"""Who is away, and who stands in for them: one step, for a time, and as one person with them."""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """A person is away until then, and `delegate` stands in for them.

    `generation` is the store's when they said so: what a restored store says of it does not count. `account` is
    the one by which they said so.
    """

    person: str
    delegate: str
    since: datetime
    until: datetime
    generation: str = ""
    account: str = ""


class StandIns(msgspec.Struct, frozen=True, kw_only=True):
    """The absences that last, at one moment, and how often any was begun or ended before."""

    absences: tuple[Absence, ...] = ()
    number: int = 0

    def of(self, person: str) -> Absence | None:
        """The absence of a person, while it lasts."""
        return next((each for each in self.absences if each.person == person), None)

    def by(self, person: str) -> tuple[str, ...]:
        """For whom a person stands in."""
        return tuple([each.person for each in self.absences if each.delegate == person])

    def beside(self, person: str) -> tuple[str, ...]:
        """Everybody with whom a person counts as one: their delegate, and for whom they stand in."""
        own = self.of(person)
        return tuple(sorted({*self.by(person), *([own.delegate] if own is not None else [])}))


NOBODY_AWAY = StandIns()


def lasting(
    absences: Iterable[Absence],
    *,
    generation: str,
    primary: Callable[[str], str],
    number: int,
    now: datetime,
) -> StandIns:
    """Keep what lasts at this moment. `primary` leads addresses of one person to one, as the policy does now."""
    found = {
        primary(each.person): msgspec.structs.replace(
            each, person=primary(each.person), delegate=primary(each.delegate)
        )
        for each in absences
        if each.since <= now < each.until and each.generation == generation
    }
    kept = tuple(each for each in found.values() if each.person != each.delegate)
    return StandIns(absences=kept, number=number)
