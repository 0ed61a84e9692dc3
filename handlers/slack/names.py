"""Channels by name, among those that the app is a member of: nothing else can be posted to."""

import threading
import time
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from approvals.ports.messages import ChannelError
from approvals.ports.store import Memory
from approvals.refusals.errors import Unavailable
from handlers.slack.client import RateLimited, SlackApi, SlackRefused

_METHOD = "users.conversations"
_PAGE = 200


class ChannelNames:
    """Finds a channel's id by its name, once: the store keeps it, and a rename in Slack leads nobody elsewhere.

    Slack has no way to ask for a name, only pages of all memberships, of which any may be short or empty, and so
    many a minute. Whoever looks goes on at the page where the one before had to stop.
    """

    def __init__(self, api: SlackApi, *, memory: Memory, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._memory = memory
        self._clock = clock
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()
        self._seen: dict[str, str] = {}
        self._cursor = ""
        self._limited_until: datetime | None = None

    def find(self, name: str, *, timeout: float) -> str:
        """Return the id of a channel. Raises `ChannelError` when the app is in none so named, or `Unavailable`.

        The time may end before the pages do. `Unavailable` says so, and the next call goes on from there.
        """
        known = self._known.get(name) or self._memory.recall(_key(name))
        if known is None:
            known = self._look(name, timeout)
            self._memory.remember(_key(name), known)
        self._known[name] = known
        return known

    def forget(self, name: str, stale: str) -> None:
        """Have the name looked up anew next time, for this id leads nowhere any more."""
        if self._known.get(name) == stale:
            del self._known[name]
        if self._memory.recall(_key(name)) == stale:
            self._memory.forget(_key(name))
        with self._lock:
            self._begin_anew()

    def _look(self, name: str, timeout: float) -> str:
        end = time.monotonic() + timeout
        if not self._lock.acquire(timeout=timeout):
            raise Unavailable("Slack's channels are still being looked through")
        try:
            return self._search(_composed(name), end)
        finally:
            self._lock.release()

    def _search(self, name: str, end: float) -> str:
        is_last = False
        while name not in self._seen and not is_last:
            is_last = self._turn_page(end)
        found = self._seen.get(name)
        # What is looked for later may have come into being since.
        self._begin_anew()
        if found is None:
            raise ChannelError(f"the app is in no Slack channel #{name}: invite it there")
        return found

    def _turn_page(self, end: float) -> bool:
        """Note who is on the next page; say whether it was the last one."""
        limited = (self._limited_until - self._clock()).total_seconds() if self._limited_until else 0.0
        if limited > 0:
            raise RateLimited(_METHOD, limited)
        left = end - time.monotonic()
        if left <= 0:
            raise Unavailable("Slack has more channels than could be looked through in time: going on from there")
        page = self._ask(left)
        for channel in page.get("channels") or ():
            self._seen[_composed(str(channel.get("name", "")))] = str(channel["id"])
        self._cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        return not self._cursor

    def _ask(self, timeout: float) -> Mapping[str, Any]:
        here = {"cursor": self._cursor} if self._cursor else {}
        try:
            return self._api.form(
                _METHOD,
                timeout=timeout,
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=_PAGE,
                **here,
            )
        except RateLimited as error:
            self._limited_until = self._clock() + timedelta(seconds=error.retry_after)
            raise
        except SlackRefused as error:
            if error.code == "invalid_cursor" and self._cursor:
                self._begin_anew()
                raise Unavailable("Slack's channels changed while they were looked through") from error
            raise ChannelError(f"Slack channels cannot be listed: {error}") from error

    def _begin_anew(self) -> None:
        self._cursor, self._seen = "", {}


def _key(name: str) -> str:
    return f"slack:channel:{_composed(name)}"


def _composed(name: str) -> str:
    """The name as Slack writes it: an accent may be typed as a sign of its own (Unicode, NFC)."""
    return unicodedata.normalize("NFC", name)
