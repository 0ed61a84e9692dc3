"""What stands in a ledger of some people, set aside while nobody can judge what they should have."""

from collections.abc import Collection, Container, Iterable

import msgspec

from approvals.access.bindings import Mark
from approvals.ledgers.ledger import Attempt, Ledger


def parted(ledger: Ledger, members: Collection[str]) -> tuple[Ledger, Ledger]:
    """A ledger without what is about these members, and that alone."""
    if not members:
        return ledger, Ledger()
    aside = Ledger(
        known=tuple(each for each in ledger.known if each.mark.member in members),
        attempts=_of(ledger, {mark for mark in _attempted(ledger) if mark.member in members}),
    )
    rest = msgspec.structs.replace(
        ledger,
        known=tuple(each for each in ledger.known if each.mark.member not in members),
        attempts=_of(ledger, {mark for mark in _attempted(ledger) if mark.member not in members}),
    )
    return rest, aside


def joined(ledger: Ledger, aside: Ledger) -> Ledger:
    """The whole again. An attempt that was parted stays two, each until its own deadline."""
    if not (aside.known or aside.attempts):
        return ledger
    return msgspec.structs.replace(
        ledger, known=(*ledger.known, *aside.known), attempts=(*aside.attempts, *ledger.attempts)
    )


def _attempted(ledger: Ledger) -> Iterable[Mark]:
    return (mark for attempt in ledger.attempts for mark in (*attempt.added, *attempt.replaced))


def _of(ledger: Ledger, marks: Container[Mark]) -> tuple[Attempt, ...]:
    """What of the attempts is about these marks."""
    found = (
        msgspec.structs.replace(
            attempt,
            added=tuple(mark for mark in attempt.added if mark in marks),
            replaced=tuple(mark for mark in attempt.replaced if mark in marks),
        )
        for attempt in ledger.attempts
    )
    return tuple(attempt for attempt in found if attempt.added or attempt.replaced)
