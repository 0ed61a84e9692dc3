"""What an approver offers in place of what was asked, in words."""

from approvals.requests import Request, undecided
from approvals.revisions import Counter, left_out
from approvals.telling.cards import Card
from approvals.terms.records import Terms
from approvals.times import in_words
from handlers.wording.text.lines import Code, Line, joined


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


def told(request: Request, digest: str) -> Line:
    """Say what was offered once, by its digest; nothing where it is not kept, for another offer took its place."""
    made = [(each.terms, each.offer) for each in request.former]
    made += [(request.terms, request.counter)] if request.counter is not None else []
    return next((less(terms, found) for terms, found in made if found.digest == digest), ())


def notes(card: Card) -> tuple[Line, ...]:
    """What is offered, and what was asked before."""
    request = card.request
    if not offer(request):
        return accepted(request)
    return ((*offer(request), f" Until {request.requester} accepts that, all stays as it is."), *accepted(request))


def accepted(request: Request) -> tuple[Line, ...]:
    """What was asked before an offer was accepted."""
    if not request.former:
        return ()
    last = request.former[-1]
    voted = " Votes from before count no more." if undecided(request) else ""
    said = f"{request.requester} accepted what {last.offer.by} offered: "
    return ((said, *less(last.terms, last.offer), f".{voted}"),)
