"""Whether Slack answers what it is asked. While nothing is asked nothing is wrong: idle is not silence."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

SILENCE = timedelta(minutes=5)
"""So long must Slack have answered nothing before anybody is told."""

LULL = timedelta(minutes=10)
"""After so long without a question, an old one that was not answered says nothing of today."""

# Errors that say the token itself is no good (docs.slack.dev, the "errors" of each method).
_OF_THE_TOKEN = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "not_allowed_token_type", "token_expired", "token_revoked"}
)


class Pulse:
    """What one way to Slack was answered last; any number of threads may tell and ask.

    `way` names it in a sentence, and `setting` holds its token.
    """

    def __init__(self, *, way: str, setting: str, clock: Callable[[], datetime]) -> None:
        self._way = way
        self._setting = setting
        self._clock = clock
        self._lock = threading.Lock()
        self._refusal = ""
        self._silent: tuple[datetime, datetime] | None = None

    def answered(self, refusal: str = "") -> None:
        """Slack answered, maybe with an error code."""
        with self._lock:
            self._silent = None
            self._refusal = refusal if refusal in _OF_THE_TOKEN else ""

    def unanswered(self) -> None:
        """Slack was asked, and what came was no answer of Slack's."""
        now = self._clock()
        with self._lock:
            began, last = self._silent or (now, now)
            self._silent = (now if now - last > LULL else began, now)

    def complaint(self) -> str:
        """Say what is wrong; empty while nothing is."""
        now = self._clock()
        with self._lock:
            if self._refusal:
                return f"{self._way}: Slack refuses {self._setting} ({self._refusal})"
            if self._silent is None:
                return ""
            began, last = self._silent
        if now - began < SILENCE or now - last > LULL:
            return ""
        return f"{self._way}: Slack has not answered for {(now - began) // timedelta(minutes=1)} minutes"
