"""How long the service takes to end, once it is told to."""

import logging
import os
import threading

LONGEST = 8.0
"""Seconds. Ten after it has said so Cloud Run kills (its container contract), as Docker does, and a busy machine
hears of it late.
"""

_log = logging.getLogger("countersign")


class Ending:
    """Ends the process where whoever is waited for outside takes longer than there is time.

    What was under way then is found by the next start, as after any crash: that is noted before it is done.
    """

    def __init__(self) -> None:
        self._timer = threading.Timer(LONGEST, _leave)
        self._timer.daemon = True

    def begin(self) -> None:
        """From now on there is so much time. Begun once, however often it is said."""
        if self._timer.ident is None:
            self._timer.start()

    def over(self) -> None:
        """Everything has ended in order."""
        self._timer.cancel()


def _leave() -> None:
    _log.warning("something outside did not answer in time: what was under way is left to the next start")
    logging.shutdown()
    os._exit(0)
