"""The directory of users of Google Workspace and Cloud Identity (Admin SDK, Directory API): who has left.

Google's groups do not say it. The service's account needs an administrator's role of the organisation that may
read users (Admin console, Users > Read); nobody is impersonated.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from approvals.backends.directories.deleted_users import DeletedUsers
from approvals.ports.people import ANYTHING
from approvals.refusals.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest, RestError

SCOPE = "https://www.googleapis.com/auth/admin.directory.user.readonly"
"""What a token has to be for: this API takes none for all of Google Cloud."""

_FIELDS = "suspended,archived"
"""All that is read of anybody."""

_FORBIDDEN = 403
_NOT_THERE = 404
_UNSEEN = (400, _FORBIDDEN, _NOT_THERE)
_log = logging.getLogger(__name__)


class WorkspaceUsers:
    """Implements `Leaving`. `base_url` leads to an emulator in place of Google."""

    def __init__(self, *, base_url: str | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts the seconds for which a list of deleted users is good."""
        self._base_url = base_url
        self._warned = False
        self._deleted = DeletedUsers(self._call, clock=clock)

    def left_at(self, person: str, *, timeout: float) -> datetime | None:
        """Ask Google whether this account is suspended or archived, which can be taken back, or was deleted.

        That it is not there (404) says nothing, for so it is with one that never was. Only who is named among the
        deleted, and is still not there after that, was deleted: an address that was given to somebody new, or an
        account that was restored, is there. Of whom this service may not see Google says 403, and what it takes
        for no address (400) is nobody's either. Raises `NotFound` for these, and else `Unavailable`. All calls
        share the time.
        """
        from approvals.backends.google_rest import RestError, seconds_left  # noqa: PLC0415

        left = seconds_left(timeout)
        try:
            if (found := self._user(person, left())) is not None:
                return ANYTHING if _is_out(found) else None
            moment = self._deleted.when(person.lower(), left=left)
            if moment is None:
                raise NotFound(f"the directory knows no {person}")
            return moment if self._user(person, left()) is None else None
        except RestError as error:
            if error.code in _UNSEEN:
                self._warn(error)
                raise NotFound(f"the directory shows no {person}: {error}") from error
            raise Unavailable(f"the directory of users does not say whether {person} left: {error}") from error

    def _user(self, person: str, timeout: float) -> Mapping[str, Any] | None:
        """What is read of an account; None where there is none of this address now. Raises `RestError`."""
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        try:
            found = self._call(
                lambda api: api.users().get(userKey=person, projection="basic", fields=_FIELDS), timeout=timeout
            )
        except RestError as error:
            if error.code != _NOT_THERE:
                raise
            return None
        self._warned = False
        return found

    def _call(self, prepare: Callable[[Any], Any], /, *, timeout: float) -> Mapping[str, Any]:
        return self._rest.call(prepare, timeout=timeout)

    def _warn(self, error: "RestError") -> None:
        if error.code == _FORBIDDEN and not self._warned:
            self._warned = True
            _log.warning(
                "the directory of users does not let this service look (%s): its account needs Users > Read there",
                error,
            )

    @cached_property
    def _rest(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415 - Google's libraries load at the first call

        return Rest("admin", "directory_v1", base_url=self._base_url, scope=SCOPE)


def _is_out(found: Mapping[str, Any]) -> bool:
    return found.get("suspended") is True or found.get("archived") is True
