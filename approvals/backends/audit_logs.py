"""Cloud Audit Logs, read through Cloud Logging (`entries.list`), and what roles hold.

Sources: cloud.google.com/logging/quotas (60 reads a minute and project), .../docs/view/logging-query-language,
.../docs/reference/audit/auditlog/rest/Shared.Types/AuditLog. The service's account needs
`roles/logging.privateLogViewer` on each resource; `roles/logging.viewer` shows no reads of data. A folder or an
organization has only entries of its own: the projects below it are named beside it, as Asset Inventory lists them,
for which the account needs `roles/cloudasset.viewer` there.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from approvals.backends.catalogs.asset_inventory import AssetInventory
from approvals.backends.google_look import GoogleLook
from approvals.deeds import Logged, Stay
from approvals.ports.logs import Found
from approvals.refusals.errors import NotFound, Unavailable
from approvals.times import rfc3339

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest

PAGE, PAGES = 1000, 5
"""Entries of one answer at most, and answers that are read of one access."""

NAMED = 100
"""Resources of one read at most (logging.v2, ListLogEntriesRequest.resourceNames)."""

SPACING = 2.0
"""Seconds between two reads of this process: half of what Google allows a project, for others read too."""

_PATIENCE = 5.0
_LEAST = 1.0  # seconds of a time under which it is over
_DENIED = 7  # google.rpc.Code.PERMISSION_DENIED
_LOGS = " OR ".join(
    f'log_id("cloudaudit.googleapis.com/{name}")' for name in ("activity", "data_access", "policy")
)
_FIELDS = (
    "nextPageToken,entries(timestamp,operation(first,last),protoPayload(methodName,status/code,"
    "authenticationInfo/principalEmail,authorizationInfo(permission,granted)))"
)


_log = logging.getLogger(__name__)


class GoogleAuditLogs:
    """Implements `AuditLogs`. `base_url` leads to an emulator in place of Google."""

    def __init__(
        self,
        *,
        base_url: str | None = None,
        spacing: float = SPACING,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base_url = base_url
        self._look = GoogleLook(base_url=base_url)
        self._assets = AssetInventory(base_url=base_url)
        self._pace = _Pace(spacing, sleep)
        self._roles: dict[str, Sequence[str]] = {}

    def of(self, person: str, stay: Stay, *, timeout: float) -> Found:
        """Read the pages one after the other; they share the time. When that is over, what was read is told."""
        from approvals.backends.google_rest import seconds_left  # noqa: PLC0415 - loads with the first call

        left, found = seconds_left(timeout), list[Logged]()
        below, beyond = self._below(stay.resource, left)
        try:
            cut = self._read(found, person, stay, below, left)
        except NotFound as error:
            if not below:
                raise
            # One project that is gone, or shut, refuses them all.
            _log.warning("%s: only what is logged on itself is counted", error)
            found, below, beyond = [], (), False
            cut = self._read(found, person, stay, below, left)
        return Found(found, cut=cut, below=len(below), beyond=beyond)

    def _read(
        self, found: list[Logged], person: str, stay: Stay, below: Sequence[str], left: Callable[[], float]
    ) -> bool:
        """Add what the pages hold; say whether there are more."""
        token, seen = "", set[str]()
        while len(seen) < PAGES:
            seen.add(token)
            try:
                page = self._page(_wanted(person, stay, below, token), stay.resource, left)
            except Unavailable:
                if token and left() < _LEAST:
                    return True
                raise
            entries, token = _whole(page, stay.resource)
            found += _calls(entries, person, stay)
            if not token:
                return False
            if token in seen:
                break  # the same page again would be counted twice
        return True

    def _below(self, resource: str, left: Callable[[], float]) -> tuple[Sequence[str], bool]:
        """The projects to read beside a folder or organization; none where this service may not list them."""
        if resource.startswith("projects/"):
            return (), False
        try:
            return self._assets.below(resource, most=NAMED - 1, timeout=left() / 2)
        except NotFound as error:
            _log.warning("of %s only what is logged on itself is counted: %s", resource, error)
            return (), False

    def included(self, role: str, *, timeout: float) -> Sequence[str]:
        """Ask once a process: a role changes seldom."""
        if role not in self._roles:
            try:
                held = self._look.included(role, timeout=timeout)
            except NotFound:
                return ()
            self._roles[role] = tuple(map(str, held))
        return self._roles[role]

    def lets_in(self, resource: str, *, timeout: float) -> None:
        """Read one entry of any. Raises as `of` does."""
        from approvals.backends.google_rest import seconds_left  # noqa: PLC0415

        body = {"resourceNames": [resource], "filter": _LOGS, "pageSize": 1}
        self._page(body, resource, seconds_left(timeout))

    def _page(self, body: Mapping[str, Any], resource: str, left: Callable[[], float]) -> Mapping[str, Any]:
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        self._pace(left())
        try:
            return self._rest.call(lambda api: api.entries().list(body=body, fields=_FIELDS), timeout=left())
        except RestError as error:
            told = f"the audit logs of {resource}: {error}"
            if error.code == 403 and not error.disabled:
                raise NotFound(told) from PermissionError(told)
            if error.code in (400, 404):
                raise NotFound(told) from error
            raise Unavailable(told + (f"; {error.disabled}" if error.disabled else "")) from error

    @cached_property
    def _rest(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415

        return Rest("logging", "v2", base_url=self._base_url)


class _Pace:
    """So many reads in a time. Whoever would wait for too long comes again."""

    def __init__(self, spacing: float, sleep: Callable[[float], None]) -> None:
        self._spacing, self._sleep = spacing, sleep
        self._lock = threading.Lock()
        self._next = 0.0

    def __call__(self, most: float) -> None:
        with self._lock:
            now = time.monotonic()
            wait = max(0.0, self._next - now)
            if wait > min(_PATIENCE, most):
                raise Unavailable("other reads of the audit logs go first", retry_after=wait)
            self._next = now + wait + self._spacing
        if wait:
            self._sleep(wait)


def _wanted(person: str, stay: Stay, below: Sequence[str], token: str) -> dict[str, Any]:
    who = json.dumps(person, ensure_ascii=False)
    said = (
        f"({_LOGS}) AND protoPayload.authenticationInfo.principalEmail={who}"
        f' AND timestamp>="{rfc3339(stay.start)}" AND timestamp<"{rfc3339(stay.end)}"'
    )
    names = [stay.resource, *below]
    body = {"resourceNames": names, "filter": said, "orderBy": "timestamp asc", "pageSize": PAGE}
    return body | ({"pageToken": token} if token else {})


def _whole(answer: Mapping[str, Any], resource: str) -> tuple[Sequence[Any], str]:
    """The entries of an answer and where they go on. What has no such form says nothing, and not that none are."""
    entries, token = answer.get("entries") or (), answer.get("nextPageToken") or ""
    if not isinstance(entries, list | tuple) or not isinstance(token, str):
        raise Unavailable(f"the audit logs of {resource}: the answer has another form than Google's")
    return entries, token


def _calls(entries: Sequence[Any], person: str, stay: Stay) -> Iterator[Logged]:
    """What entries tell. One that is of somebody else or another time, or is none, is passed over."""
    for entry in entries:
        try:
            made = _call(entry, person, stay)
        except (TypeError, ValueError, AttributeError, KeyError):
            continue
        if made is not None:
            yield made


def _call(entry: Mapping[str, Any], person: str, stay: Stay) -> Logged | None:
    payload = entry["protoPayload"]
    who = payload["authenticationInfo"]["principalEmail"]
    at = datetime.fromisoformat(entry["timestamp"])
    operation = entry.get("operation") or {}
    if who.lower() != person or not stay.start <= at < stay.end:
        return None
    if operation.get("last") and not operation.get("first"):
        return None  # the end of what was begun by another entry
    checked = payload.get("authorizationInfo") or ()
    granted = {each["permission"] for each in checked if each.get("granted") is True}
    return Logged(
        method=str(payload["methodName"]),
        denied=(payload.get("status") or {}).get("code") == _DENIED,
        permissions=tuple(sorted(each for each in granted if isinstance(each, str))),
    )
