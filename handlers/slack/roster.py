"""Which account of the workspace a person has: found by address once a month, and kept in the store."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from approvals.ports.messages import ChannelError
from approvals.ports.store import Memory
from approvals.refusals.errors import NotFound
from handlers.slack.accounts import SlackAccounts, reference
from handlers.slack.conversations import Conversations, seconds_until
from handlers.slack.settings import SCHEME
from handlers.slack.workspace import Workspace

KEPT = timedelta(days=30)
"""How long an account is taken for its person's: whose was made anew is mentioned by the new one after that."""


ZONE_KEPT = timedelta(days=1)
"""How long somebody is taken to be where they were: whoever travels is reminded by the new clocks a day later."""


_RECALLED = 2000


class Roster:
    """Finds people's ids for mentions. What is in a mention comes from Slack's own answers alone."""

    def __init__(
        self,
        conversations: Conversations,
        workspace: Workspace,
        *,
        accounts: SlackAccounts,
        memory: Memory,
        clock: Callable[[], datetime],
    ) -> None:
        self._accounts = accounts
        self._conversations = conversations
        self._workspace = workspace
        self._memory = memory
        self._clock = clock
        self._recalled: dict[str, str] = {}

    def zone(self, person: str, *, timeout: float) -> str:
        """Return the name of a person's time zone, looked up once a day; empty where the workspace knows none.

        Raises `Unavailable`.
        """
        end = time.monotonic() + timeout
        if not (user := self.user(person, timeout=timeout)):
            return ""
        team = self._workspace.home(timeout=timeout).team
        key, now = f"{SCHEME}:{team}:zone:{user}", self._clock()
        until, _, known = (self._memory.recall(key) or "").partition(" ")
        if until > _day(now):
            return known
        try:
            found = self._accounts.account(reference(team, user), timeout=seconds_until(end)).tz
        except NotFound:
            return ""
        self._memory.remember(key, f"{_day(now + ZONE_KEPT)} {found}")
        return found

    def user(self, person: str, *, timeout: float) -> str:
        """Return a person's id, empty where the workspace does not know them. Raises `Unavailable`."""
        key = f"slack:{self._workspace.home(timeout=timeout).team}:person:{person}"
        known, _, until = (self._recalled.get(key) or self._memory.recall(key) or "").partition(" ")
        now = self._clock()
        if known and until >= _day(now):
            self._keep(key, f"{known} {until}")
            return known
        try:
            found = self._conversations.member(person, timeout=timeout)
        except ChannelError:
            # Not kept: they may join.
            return ""
        kept = f"{found} {_day(now + KEPT)}"
        self._memory.remember(key, kept)
        self._keep(key, kept)
        return found

    def _keep(self, key: str, said: str) -> None:
        """The store need not be asked again for whoever is mentioned all day."""
        if len(self._recalled) >= _RECALLED:
            self._recalled.clear()
        self._recalled[key] = said


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
