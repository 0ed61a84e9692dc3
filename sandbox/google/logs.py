"""Cloud Audit Logs: what people called, as `entries.list` of Cloud Logging reads it.

Sources: cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list and .../view/logging-query-language. Of
the language the comparisons that are used here are understood, joined by AND; everything else is refused.
"""

import base64
import re
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.google.errors import invalid

PAGE = 1000
"""Entries of one answer at most; a larger page size is cut to it."""

NAMED = 100
"""Resources of one request at most."""

_LOG = r'log_id\("cloudaudit\.googleapis\.com/(activity|data_access|policy)"\)'
_TERMS = (
    rf"\(({_LOG}(?: OR {_LOG})*)\)|({_LOG}(?: OR {_LOG})*)",
    r'protoPayload\.authenticationInfo\.principalEmail="((?:[^"\\]|\\.)*)"',
    r'timestamp(>=|<)"([^"]+)"',
)


class Logs:
    """Entries by the resource on which they were logged."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, list[dict[str, Any]]] = {}

    def add(
        self,
        resource: str,
        person: str,
        method: str,
        *,
        at: datetime,
        permission: str = "",
        granted: bool = True,
        log: str = "activity",
        operation: Mapping[str, Any] | None = None,
    ) -> None:
        """Log a call as Google's services do: `granted` is left out where it is false, as proto3 has it."""
        checked = {"permission": permission, "resource": resource} | ({"granted": True} if granted else {})
        entry: dict[str, Any] = {
            "logName": f"{resource}/logs/cloudaudit.googleapis.com%2F{log}",
            "timestamp": at.isoformat().replace("+00:00", "Z"),
            "insertId": f"i{at.timestamp()}",
            "protoPayload": {
                "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
                "methodName": method,
                "serviceName": "run.googleapis.com",
                "authenticationInfo": {"principalEmail": person},
                "authorizationInfo": [checked] if permission else [],
                "status": {} if granted else {"code": 7, "message": "PERMISSION_DENIED"},
            },
        }
        with self._lock:
            self._entries.setdefault(resource, []).append(entry | ({"operation": operation} if operation else {}))

    def list(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request as `entries.list` does, oldest first."""
        names, size = body.get("resourceNames") or [], body.get("pageSize") or 50
        if len(names) > NAMED:
            raise invalid(f"A maximum of {NAMED} resources may be specified.", field="resourceNames")
        if not names:
            raise invalid("Resource names must be specified.", field="resourceNames")
        if size < 0 or body.get("orderBy", "timestamp asc") != "timestamp asc":
            raise invalid("Invalid page size or order.", field="pageSize")
        matches = _matcher(str(body.get("filter") or ""))
        with self._lock:
            every = [each for name in names for each in self._entries.get(name, ()) if matches(each)]
        every.sort(key=lambda entry: datetime.fromisoformat(entry["timestamp"]))
        start = _start(body.get("pageToken") or "")
        end = start + min(size, PAGE)
        page: dict[str, Any] = {"entries": every[start:end]} if every[start:end] else {}
        return page | ({"nextPageToken": _token(end)} if end < len(every) else {})


def _matcher(text: str) -> Any:
    terms = [_term(part) for part in text.split(" AND ")] if text else []
    return lambda entry: all(term(entry) for term in terms)


def _term(text: str) -> Any:
    for number, pattern in enumerate(_TERMS):
        found = re.fullmatch(pattern, text)
        if found is not None:
            return (_of_logs, _of_person, _of_time)[number](found)
    raise invalid(f"Unparseable filter: syntax error in {text}.", field="filter")


def _of_logs(found: re.Match[str]) -> Any:
    logs = re.findall(_LOG, found[0])
    return lambda entry: any(entry["logName"].endswith(f"cloudaudit.googleapis.com%2F{log}") for log in logs)


def _of_person(found: re.Match[str]) -> Any:
    # Comparisons of texts do not tell capitals from small letters.
    person = found[1].replace('\\"', '"').lower()
    return lambda entry: entry["protoPayload"]["authenticationInfo"]["principalEmail"].lower() == person


def _of_time(found: re.Match[str]) -> Any:
    try:
        moment = datetime.fromisoformat(found[2])
    except ValueError:
        raise invalid(f"Unparseable filter: invalid timestamp {found[2]}.", field="filter") from None
    earliest = found[1] == ">="
    return lambda entry: (datetime.fromisoformat(entry["timestamp"]) >= moment) is earliest


def _token(place: int) -> str:
    return base64.urlsafe_b64encode(f"at {place}".encode()).decode()


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("at "))
    except ValueError:
        raise invalid("page_token is invalid", field="pageToken") from None
