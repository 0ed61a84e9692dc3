"""Long limits of a click or a signal for all tests that are not about them: those say how busy the machine is.

That the true ones leave Slack its three seconds is a matter of numbers (`tests/handlers/slack/test_deadline.py`).
That they are kept while everything outside is slow is tried with short ones (`hasty` of `tests/faults`).
"""

from typing import NamedTuple

from approvals import evidence
from approvals.access import surveying
from approvals.backends.signers import iam, published, secret
from approvals.offers import catalog
from approvals.reconcile import ways
from bot import recent
from handlers.identity import keys, reauthentication
from handlers.signals import door
from handlers.slack import authentication, deadline, responder
from sandbox.slack import outward


class Limits(NamedTuple):
    """Seconds, as the modules have them that are named so."""

    look_up: float
    open: float
    evidence: float
    answer: float
    keep: float
    slack: float
    signal: float
    beside: float

    def set(self) -> None:
        """Let them hold in this process."""
        authentication.LOOK_UP, responder.OPEN, evidence.DEADLINE = self[:3]
        deadline.ANSWER, deadline.KEEP, outward.ANSWER_SECONDS, door.PATIENCE = self[3:7]
        catalog.DEADLINE = surveying.DEADLINE = self.beside


TRUE = Limits(
    authentication.LOOK_UP,
    responder.OPEN,
    evidence.DEADLINE,
    deadline.ANSWER,
    deadline.KEEP,
    outward.ANSWER_SECONDS,
    door.PATIENCE,
    surveying.DEADLINE,
)
LONG = Limits(look_up=15.0, open=15.0, evidence=15.0, answer=40.0, keep=50.0, slack=60.0, signal=40.0, beside=10.0)
LONG.set()

# What is asked seldom: that a machine stands still for a moment makes no answer late.
ways.ZONE = keys.PATIENCE = reauthentication.PATIENCE = recent.TIMEOUT = LONG.look_up
published._TIMEOUT = secret._READING = iam._SIGNING = LONG.look_up
