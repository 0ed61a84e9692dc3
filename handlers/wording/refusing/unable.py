"""What is said of access that is asked for and could not be made, as things stand in Google Cloud."""

from collections.abc import Iterable

from approvals.refusals.reasons import Reason
from approvals.requests import undecided
from approvals.telling.cards import Card
from handlers.wording.refusing.refusals import sentence
from handlers.wording.text.lines import Line

LEAD = "As things stand, this could not be made."


def before(found: Iterable[Reason]) -> tuple[str, ...]:
    """The same to whoever is about to ask."""
    return tuple(f"{LEAD} {sentence(each)}" for each in found)


def notes(card: Card) -> tuple[Line, ...]:
    """Said before anybody approves: an approval now would come to nothing."""
    if not undecided(card.request):
        return ()
    return tuple((f"{LEAD} {sentence(each)}",) for each in card.unable)
