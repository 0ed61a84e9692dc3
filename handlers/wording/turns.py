"""What people are told when it is their turn to decide."""

from approvals.cards import Card
from approvals.policy.model import approvers
from approvals.policy.words import selectors_in_words
from handlers.wording.effects import missing
from handlers.wording.lines import Line
from handlers.wording.views import view


def turn(card: Card, *, whole: bool) -> Line:
    """Say what waits; where others than those who are told could decide as well, whom to tell."""
    stages = card.tally.open_stages
    if not stages:
        return ("This request waits for a check.",)
    facts = view(card).brief
    lead = f"Your {'signature' if card.tally.signs else 'approval'} is needed" if whole else missing(card.tally)
    tell = f" Please tell whoever can: {selectors_in_words(approvers(stages))}." if not whole else ""
    return (f"{lead}: ", *facts, ". Expires unless decided by ", card.request.terms.expires, f".{tell}")
