"""What is heard of Slack beside the slash command: buttons, lists, forms, shortcuts and the Home tab.

It loads after the first answer, or with the first of them that comes.
"""

from typing import TYPE_CHECKING

from handlers.slack import (
    actions,
    countering,
    drills,
    emergencies,
    extending,
    shortcuts,
    submissions,
    suggestions,
)
from handlers.slack.home import listening
from handlers.slack.home.gathering import Gatherer
from handlers.slack.home.publishing import Homes
from handlers.slack.listeners import Listeners

if TYPE_CHECKING:  # which loads this later
    from handlers.slack.app import Parts


def register(listeners: Listeners, parts: "Parts") -> None:
    """Connect all of it."""
    uses, responder, command = parts.uses, parts.responder, parts.command
    actions.register(listeners, responder, uses)
    submissions.register(listeners, responder, uses)
    countering.register(listeners, responder, uses.countering)
    drills.register(listeners, responder, uses.drilling)
    emergencies.register(listeners, responder, uses)
    extending.register(listeners, responder, uses.asking)
    suggestions.register(listeners, responder, uses)
    shortcuts.register(listeners, responder, uses, parts.workspace, command=command)
    gatherer = Gatherer(uses, responder, command=command)
    homes = Homes(gatherer, parts.api, clock=parts.clock, background=parts.background)
    listening.register(listeners, responder, uses, homes, command=command)
