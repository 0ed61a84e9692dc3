"""What an approver offers in place of what was asked, in words."""

from approvals.cards import Card
from approvals.requests import Request, undecided
from approvals.revisions import Counter, left_out
from approvals.terms.records import Terms
from approvals.times import in_words
from handlers.wording.lines import Code, Line, joined


def less(terms: Terms, found: Counter) -> Line:
    """Say what of some terms an offer leaves: `30 minutes instead of 1 hour, without projects/shop-data`."""
    said: list[Line] = []
    if found.terms.duration != terms.duration:
        said.append((f"{in_words(found.terms.duration)} instead of {in_words(terms.duration)}",))
    without = left_out(terms, found.terms)
    if without:
        said.append(("without ", *joined([(Code(each),) for each in without], ", ")))
    return joined(said, ", ")


def offer(request: Request) -> Line:
    """Say what is offered while nobody has accepted it; nothing where nothing is."""
    found = request.counter
    if found is None or not undecided(request):
        return ()
    return (f"{found.by} offers less: ", *less(request.terms, found), ".")


def notes(card: Card) -> tuple[Line, ...]:
    """What is offered, and what was asked before."""
    request = card.request
    found = [(*offer(request), " Until its requester accepts that, all stays as it is.")] if offer(request) else []
    if request.former:
        last = request.former[-1]
        taken: Line = (
            f"{request.requester} accepted what {last.offer.by} offered: ",
            *less(last.terms, last.offer),
            ". Votes from before count no more.",
        )
        found.append(taken)
    return tuple(found)
