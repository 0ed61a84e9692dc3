"""For how long something is asked, and what it continues."""

from approvals.requests import Request
from approvals.terms.records import Terms
from approvals.times import in_words
from handlers.wording.text.lines import Code, Line


def how_long(terms: Terms) -> str:
    """Say for how long it is asked: `2 hours`, or `1 hour more` of what it continues."""
    asked = in_words(terms.duration)
    return f"{asked} more" if terms.extends else asked


def begins(terms: Terms) -> Line:
    """Say behind how long it is when it is asked to begin; nothing where that is at once."""
    return () if terms.extends or terms.start is None else (" from ", terms.start)


def continues(request: Request) -> Line:
    """Say what a request continues, and until when; nothing where it stands for itself."""
    terms = request.terms
    if not terms.extends or terms.start is None:
        return ()
    return ("extends ", Code(terms.extends), ", which ends ", terms.start, ", to ", terms.start + terms.duration)


def extending(request: Request) -> Line:
    """Head a form in which somebody asks that their access lasts longer."""
    grant = request.grant
    if grant is None:
        return ()
    return ("You have ", request.terms.title, " until ", grant.window.end, " (", Code(request.id), ").")
