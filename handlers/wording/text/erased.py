"""What stands where something was typed that is kept no longer."""

from datetime import UTC, datetime

from approvals.policy.tickets import Tickets
from approvals.requests import Request
from approvals.reviews import Typed, is_nothing
from handlers.wording.text.lines import Line
from handlers.wording.text.tickets import linked
from handlers.wording.text.typed import clean


def erased(request: Request) -> str:
    """Say since when nothing of it is there; empty while it is."""
    return erased_on(request.erased) if request.erased is not None else ""


def erased_on(moment: datetime) -> str:
    """Say on which day, in UTC, the texts of a request were erased."""
    return f"The typed text was erased on {day(moment)}."


def day(moment: datetime) -> str:
    """The day of an erasing, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def text_of(request: Request, typed: Typed | None) -> str:
    """A text that belongs to a request, cleaned, or what stands in its place; empty where nothing was typed."""
    return "" if typed is None or is_nothing(typed) else erased(request) or clean(typed.text)


def linked_text(request: Request, text: str, tickets: Tickets | None) -> Line:
    """The same with its tickets, of a text that was cleaned and cut: words of ours are no quotation."""
    return (text,) if text and request.erased else linked(text, tickets)
