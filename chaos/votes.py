"""What must be true of the votes: each was sent by whose it is, and a form of a page votes once."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from approvals.requests import Request
from chaos.ledger import Sent


def unsent(request: Request, sent: Collection[Sent]) -> Iterator[str]:
    """Votes that nobody pressed and no form of a page was sent for: a look at a page has left them."""
    for vote in request.reviews:
        made = Sent(request=request.id, person=vote.person, verdict=vote.verdict, form=vote.form)
        if made not in sent:
            yield f"{vote.verdict} by {vote.person} on {request.id} by {vote.channel} was sent by nobody"


def twice(requests: Iterable[Request]) -> Iterator[str]:
    """Forms that have voted more than once, wherever."""
    counted = Counter((vote.form, request.id) for request in requests for vote in request.reviews if vote.form)
    forms = Counter(form for form, _ in counted.elements())
    yield from (f"the form {form} has voted {times} times" for form, times in forms.items() if times > 1)
