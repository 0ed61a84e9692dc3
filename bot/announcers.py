"""Who is told of activations: the log, with the labels of JIT Access."""

import logging

from approvals.activations import Activation
from handlers.wording.activations import lines

_log = logging.getLogger("countersign.activations")


class LogAnnouncer:
    """Implements `Announcer` by lines of the log."""

    name = "log"

    def announce(self, activation: Activation, *, timeout: float) -> None:
        for sentence, labels in lines(activation):
            _log.info("%s", sentence, extra={"labels": labels})
