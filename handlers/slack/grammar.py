"""The slash command as Slack sends it: escaped, with mentions and links in its own markup."""

import re

from handlers.slack.markup import unescape
from handlers.wording.reading.commands import LONGEST, Order, parse

_LINK = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")


def order(text: str) -> Order:
    """Read what follows the command's name. Slack's own field takes less than the longest."""
    return parse(typed(text) if len(text) <= LONGEST else text)


def typed(text: str) -> str:
    """Turn a command's text back into what the person typed."""
    return unescape(_LINK.sub(_shown, text))


def _shown(link: re.Match[str]) -> str:
    kind, target, label = link.groups()
    if kind in ("@", "#"):
        return f"{kind}{label or target}"
    return f"{kind}{target}"
