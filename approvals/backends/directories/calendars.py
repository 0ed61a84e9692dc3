"""Groups of a directory, and calendars beside them: whoever has a shift at the moment is in one of those."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from approvals.backends.directories.shifts import on_call
from approvals.backends.fetching import Fetcher
from approvals.errors import Refused, Unavailable
from approvals.policy.model import Policy
from approvals.ports.people import Directory

_OK = 200


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
        answer = self._fetch("GET", group, headers={"accept": "text/calendar"}, timeout=timeout)
        if answer.status != _OK:
            raise Unavailable(f"the calendar answers {answer.status}")
        policy = self._policy()
        found = on_call(answer.body, at=self._clock(), zone=ZoneInfo(policy.timezone))
        return any(_is(policy, address, person) for address in found)


def _is(policy: Policy, address: str, person: str) -> bool:
    try:
        return policy.identity.primary(address) == person
    except Refused:
        return False
