"""The directory of users of Google Workspace and Cloud Identity (Admin SDK, Directory API): who has left.

Google's groups do not say it. The service's account needs an administrator's role of the organisation that may
read users (Admin console, Users > Read); nobody is impersonated.
"""

import logging
from functools import cached_property
from typing import TYPE_CHECKING

from approvals.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest, RestError

SCOPE = "https://www.googleapis.com/auth/admin.directory.user.readonly"
"""What a token has to be for: this API takes none for all of Google Cloud."""

_FIELDS = "suspended,archived"
"""All that is read of anybody."""

_FORBIDDEN = 403
_UNSEEN = (400, _FORBIDDEN, 404)
_log = logging.getLogger(__name__)


class WorkspaceUsers:
    """Implements `Leaving`. `base_url` leads to an emulator in place of Google."""

    def __init__(self, *, base_url: str | None = None) -> None:
        self._base_url = base_url
        self._warned = False

    def has_left(self, person: str, *, timeout: float) -> bool:
        """Ask Google whether this account is suspended or archived; both can be taken back.

        An account that was deleted is not there, as one that never was: Google says so of both (404), and of whom
        this service may not see something like it (403). What it takes for no address (400) is nobody's either,
        and keeps nobody else from being looked for. Raises `NotFound` for these, and else `Unavailable`.
        """
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        try:
            found = self._rest.call(
                lambda api: api.users().get(userKey=person, projection="basic", fields=_FIELDS), timeout=timeout
            )
        except RestError as error:
            if error.code in _UNSEEN:
                self._warn(error)
                raise NotFound(f"the directory shows no {person}: {error}") from error
            raise Unavailable(f"the directory of users does not say whether {person} left: {error}") from error
        self._warned = False
        return found.get("suspended") is True or found.get("archived") is True

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
