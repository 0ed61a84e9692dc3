"""People, as a view names them: by address, and by the name that their account shows."""

from approvals.telling.cards import Card
from handlers.wording.text.lines import Line, Quoted
from handlers.wording.text.typed import clip, quotable

NAME = 60
"""Characters of the name that an account shows."""


def person(card: Card, address: str) -> Line:
    """An address, and beside it the name that its account shows: people choose that name themselves."""
    name = quotable(card.names.get(address, ""))
    return (address, " (", Quoted(clip(name, NAME)), ")") if name else (address,)
