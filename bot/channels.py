"""The channels that this program has. Everything else that it does with them goes through their records."""

from typing import Any

from handlers.applications.record import APPLICATIONS
from handlers.channel import Channel
from handlers.mail.record import MAIL
from handlers.signals.record import SIGNALS
from handlers.slack.record import SLACK
from handlers.web.record import WEB

CHANNELS: tuple[Channel[Any], ...] = (SLACK, MAIL, APPLICATIONS, WEB, SIGNALS)
"""The first one has the rooms that the policy names. Of two whose call something is, the one before has it."""
