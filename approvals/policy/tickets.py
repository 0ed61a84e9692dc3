"""Which words of the reasons are links to tickets."""

import msgspec


class Tickets(msgspec.Struct, frozen=True, kw_only=True):
    """What a ticket looks like (RE2), and the https address of one, which has `{ticket}` in its path or query."""

    pattern: str
    url: str
