"""Groups of a directory, and calendars beside them: whoever has a shift at the moment is in one of those."""

import logging
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from approvals.backends.directories.shifts import on_call
from approvals.backends.fetching import Fetcher
from approvals.policy.model import Policy
from approvals.ports.people import Directory
from approvals.refusals.errors import Refused, Unavailable

_OK = 200
_log = logging.getLogger(__name__)


class WithCalendars:
    """A `Directory` that answers for calendars (`https://…`) by itself, and leaves the rest to another."""

    def __init__(
        self, directory: Directory, *, fetch: Fetcher, policy: Callable[[], Policy], clock: Callable[[], datetime]
    ) -> None:
        self._directory = directory
        self._fetch = fetch
        self._policy = policy
        self._clock = clock

    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        """Say whether somebody is in a group, or on call by a calendar. Raises `Unavailable` or `NotFound`."""
        if "://" not in group:
            return self._directory.is_member(group, person, timeout=timeout)
        policy = self._policy()
        try:
            found = self._on_call(group, ZoneInfo(policy.timezone), timeout)
        except Unavailable as error:
            # Of its address the host alone: with the rest of it anybody reads the calendar.
            _log.warning("the calendar at %s cannot be read: %s", urlsplit(group).hostname, error)
            raise
        return any(_is(policy, address, person) for address in found)

    def _on_call(self, address: str, zone: ZoneInfo, timeout: float) -> frozenset[str]:
        answer = self._fetch("GET", address, headers={"accept": "text/calendar"}, timeout=timeout)
        if answer.status != _OK:
            raise Unavailable(f"it answers {answer.status}")
        return on_call(answer.body, at=self._clock(), zone=zone)


def _is(policy: Policy, address: str, person: str) -> bool:
    try:
        return policy.identity.primary(address) == person
    except Refused:
        return False
