"""What people are shown of an action, as its digest covers it, and whether all of that fits on a card.

Who decides on a card has the whole of it before them. What a card cannot hold whole is decided on its page alone.
"""

from typing import Any

import msgspec

from approvals.policy.showing import ROOM, of_stages
from approvals.refusals.errors import Refused
from approvals.requests import Request
from countersign_client import shapes
from countersign_client.shown import Line

LONGEST = 2_900
"""Characters of one line on a card. Slack takes 3,000 in a section (docs.slack.dev, Block Kit)."""

_AROUND = 100  # what a line takes beside its words, as it is laid out


class _Covered(msgspec.Struct, frozen=True):
    """The part of the digested object that people are shown."""

    shown: tuple[Line, ...] = ()


def shown(request: Request) -> tuple[Line, ...]:
    """The lines, each a label and a text, in their order: all that there is. Of access there are none here."""
    return shapes.decode(request.covered, _Covered).shown if request.action is not None else ()


def fits(request: Request) -> bool:
    """All of it can be shown on a card, whatever else stands there. Of access the policy sees to that."""
    found = [_written(each) for each in shown(request)]
    if not found:
        return True
    taken = sum(_AROUND + length for length in found) + of_stages(request.terms.requirement)
    return max(found) <= LONGEST and taken <= ROOM


def require_whole(request: Request) -> None:
    """Raise `Refused` where not all of it can be seen elsewhere than on a page."""
    if not fits(request):
        raise Refused("page_only")


def _written(line: Any) -> int:
    """Characters of a line, its quotation marks escaped."""
    return sum(len(msgspec.json.encode(text).decode()) for text in line)
