"""What the Home tab of one person shows."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from approvals.parts import Part
from approvals.requests import Request
from approvals.telling.cards import Card
from approvals.uses.history import Past
from handlers.slack.home.places import Place


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A request, with its card where it is acted on, and a link to its message where one stands.

    `idle`: nothing that its reader decided of it would count now, such as while they are frozen. `frozen` is the
    freeze by name that holds it up, where one does.
    """

    request: Request
    card: Card | None = None
    link: str = ""
    idle: bool = False
    frozen: Part | None = None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Everything. `standing` says who is frozen or away; `unseen` and `unknown` what is not in the lists.

    `confirming` is what applications asked in the reader's name, by their own word alone. `past` holds nothing
    that stands in a list above it, unless it was looked for.
    """

    at: datetime
    standing: Sequence[str]
    confirming: Sequence[Entry]
    emergencies: Sequence[Entry]
    waiting: Sequence[Entry]
    unseen: str
    requests: Sequence[Entry]
    access: Sequence[Entry]
    past: Past
    unknown: str
    place: Place
    command: str
    pages_url: str = ""
