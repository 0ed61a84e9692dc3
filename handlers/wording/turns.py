"""What people are told when it is their turn to decide, when they are reminded, and when nobody has decided."""

from approvals.policy.model import approvers
from approvals.policy.words import selectors_in_words
from approvals.telling.cards import Card
from handlers.wording.effects import missing
from handlers.wording.emergencies import alarmed
from handlers.wording.text.lines import Line
from handlers.wording.views import view


def turn(card: Card, *, whole: bool, step: str = "") -> Line:
    """Say what waits; where others than those who are told could decide as well, whom to tell.

    `step` is that of the notice: the stage has opened, this is a reminder, or others are told.
    """
    if card.request.after_review is not None:
        return alarmed(card, step, whole=whole)
    stages = card.tally.open_stages
    if not stages:
        return ("This request waits for a check.",)
    wanted = "signature" if card.tally.signs else "approval"
    leads = {
        "": f"Your {wanted} is needed" if whole else missing(card.tally),
        "remind": f"Reminder: your {wanted} is still needed" if whole else f"Reminder: {missing(card.tally)}",
        "escalated": "Nobody has decided this yet",
        "escalated:able": f"Nobody has decided this yet, and your {wanted} would count",
    }
    tells = step == "escalated" or not whole
    tell = f" Please tell whoever can: {selectors_in_words(approvers(stages))}." if tells else ""
    expires = card.request.terms.expires
    return (f"{leads[step]}: ", *view(card).brief, ". Expires unless decided by ", expires, f".{tell}")
