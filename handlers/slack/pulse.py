"""Whether Slack answers what it is asked. While nothing is asked nothing is wrong: idle is not silence."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from handlers.seldom import Seldom

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

    `way` names it in a sentence, `setting` holds its token, and `remedy` says what to do where Slack refuses that.
    """

    def __init__(
        self, *, way: str, setting: str, remedy: str, clock: Callable[[], datetime], seldom: Seldom
    ) -> None:
        self._way = way
        self._setting = setting
        self._remedy = remedy
        self._seldom = seldom
        self._clock = clock
        self._lock = threading.Lock()
        self._refusal = ""
        self._silent: tuple[datetime, datetime] | None = None

    def answered(self, refusal: str = "") -> None:
        """Slack answered, maybe with an error code."""
        if refusal in _OF_THE_TOKEN:
            self.refused(refusal)
            return
        with self._lock:
            self._silent, self._refusal = None, ""

    def refused(self, code: str) -> None:
        """Slack answered that this way is closed to us."""
        with self._lock:
            self._silent, self._refusal = None, code
        self._seldom.warn(self._setting, f"{self._in_words(code)}. {self._remedy}")

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
                return self._in_words(self._refusal)
            if self._silent is None:
                return ""
            began, last = self._silent
        if now - began < SILENCE or now - last > LULL:
            return ""
        return f"{self._way}: Slack has not answered for {(now - began) // timedelta(minutes=1)} minutes"

    def _in_words(self, code: str) -> str:
        return f"{self._way}: Slack refuses {self._setting} ({code})"


def of_the_web_api(*, clock: Callable[[], datetime], seldom: Seldom) -> Pulse:
    return Pulse(
        way="the Web API",
        setting="SLACK_BOT_TOKEN",
        remedy="Nobody gets a card or an answer. Install the app again on its Install App page, set the token"
        " that it shows, and start again",
        clock=clock,
        seldom=seldom,
    )


def of_socket_mode(*, clock: Callable[[], datetime], seldom: Seldom) -> Pulse:
    return Pulse(
        way="Socket Mode",
        setting="SLACK_APP_TOKEN",
        remedy="No click arrives. Make an app-level token with connections:write on the app's Basic Information"
        " page, set it, and start again",
        clock=clock,
        seldom=seldom,
    )
