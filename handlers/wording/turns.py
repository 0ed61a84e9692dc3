"""What people are told when it is their turn to decide."""

from approvals.cards import Card
from approvals.policy.words import selectors_in_words
from handlers.wording.effects import missing
from handlers.wording.emergencies import alarmed
from handlers.wording.lines import Line
from handlers.wording.views import view


def turn(card: Card, *, whole: bool, alarm: str = "") -> Line:
    """Say what waits; where others than those who are told could decide as well, whom to tell."""
    if alarm:
        return alarmed(card, alarm, whole=whole)
    stage = card.tally.open_stage
    if stage is None:
        return ("This request waits for a check.",)
    facts = view(card).brief
    lead = f"Your {'signature' if stage.sign else 'approval'} is needed" if whole else missing(card.tally)
    tell = f" Please tell whoever can: {selectors_in_words(stage.approvers)}." if not whole else ""
    return (f"{lead}: ", *facts, ". Expires unless decided by ", card.request.terms.expires, f".{tell}")
