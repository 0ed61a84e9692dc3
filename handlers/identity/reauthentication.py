"""How long ago somebody behind Identity-Aware Proxy signed in at most, by what it is set to ask of everybody.

An assertion does not say it. Where reauthentication is set for the service, nobody comes through who signed in
longer ago ("IAP reauthentication"). What is set above it can only shorten that, so the service's own settings are
enough. Whatever they do not say for certain is unknown.
"""

import logging
import re
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from approvals.refusals.errors import NotFound, Unavailable

FRESH = timedelta(minutes=10)
"""So long what was read is used without asking again."""

KEPT = timedelta(hours=1)
"""So long it serves where Google does not answer. Then nothing is known."""

PAUSE = timedelta(seconds=30)
"""Between two readings, for somebody waits for each."""

PATIENCE = 2.0
"""Seconds for one reading."""

PERMISSION = "iap.webServices.getSettings"

_METHODS = ("LOGIN", "SECURE_KEY", "ENROLLED_SECOND_FACTORS")
_RESOURCES = {
    r"/projects/([0-9]+)/locations/([^/]+)/services/([^/]+)": r"projects/\1/iap_web/cloud_run-\2/services/\3",
    r"/projects/([0-9]+)/global/backendServices/([0-9]+)": r"projects/\1/iap_web/compute/services/\2",
    r"/projects/([0-9]+)/([^/]+)/backendServices/([0-9]+)": r"projects/\1/iap_web/compute-\2/services/\3",
}
_DURATION = re.compile(r"([0-9]{1,9})(?:\.[0-9]{1,9})?s")
_log = logging.getLogger("countersign")


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """What was read at `at`: seconds, 0 where nothing is certain, and then why."""

    seconds: int
    why: str
    at: datetime


class Reauthentication:
    """What is known of each service that an audience names. Any number of threads may ask; one of them reads."""

    def __init__(
        self,
        audiences: Collection[str],
        *,
        settings: Callable[..., Mapping[str, Any]],
        clock: Callable[[], datetime],
    ) -> None:
        """`settings` reads those of a resource; it raises `NotFound`, or `Unavailable` to be asked again."""
        self._resources = {each: resource(each) for each in audiences}
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        self._tried: dict[str, datetime] = {}

    def look(self) -> None:
        """Read everything, and say in the log what came of it. Raises `Unavailable`."""
        for audience in self._resources:
            self._read(audience)

    def within(self, audience: str) -> int:
        """Seconds within which whoever comes to that service has signed in; 0 where that is not known."""
        known = self._known.get(audience)
        if known is not None and self._wants(known, audience) and self._lock.acquire(blocking=False):
            try:
                self._read(audience)
            except Unavailable as error:
                _log.warning("how long ago people signed in: %s", error)
            finally:
                self._lock.release()
            known = self._known[audience]
        return known.seconds if known is not None and self._since(known.at) <= KEPT else 0

    def _wants(self, known: _Known, audience: str) -> bool:
        return self._since(known.at) > FRESH and self._since(self._tried[audience]) > PAUSE

    def _since(self, moment: datetime) -> timedelta:
        return abs(self._clock() - moment)

    def _read(self, audience: str) -> None:
        named = self._resources[audience]
        at = self._tried[audience] = self._clock()
        level = logging.INFO
        try:
            seconds, why = certain(self._settings(named, timeout=PATIENCE)) if named else (0, _OF_APP_ENGINE)
        except NotFound as error:
            level = logging.WARNING
            seconds, why = 0, f"{error}. Give the account of this service {PERMISSION} on it"
        before = self._known.get(audience)
        self._known[audience] = _Known(seconds=seconds, why=why, at=at)
        if before is None or (before.seconds, before.why) != (seconds, why):
            _tell(audience, seconds, why, level=level)


_OF_APP_ENGINE = "its versions may be set otherwise than the application"
_NOT_SET = "no reauthentication with a longest age is set for this service itself"
_PROGRAMS = "programs may call it (`programmaticClients`), and nobody asks them to sign in anew"


def resource(audience: str) -> str:
    """The service of an audience, as the API names it; empty for App Engine, whose audience names none."""
    for pattern, name in _RESOURCES.items():
        if match := re.fullmatch(pattern, audience):
            return match.expand(name)
    return ""


def certain(settings: Mapping[str, Any]) -> tuple[int, str]:
    """Seconds within which everybody has signed in whom a service with these settings gets; 0, and why not."""
    access = _inner(settings, "accessSettings")
    asked = _inner(access, "reauthSettings")
    duration = _DURATION.fullmatch(str(asked.get("maxAge", "")))
    if asked.get("method") not in _METHODS or duration is None or int(duration[1]) == 0:
        return 0, _NOT_SET
    if _inner(access, "oauthSettings").get("programmaticClients"):
        return 0, _PROGRAMS
    # Whole seconds, and never fewer than are set.
    return int(duration[1]) + ("." in duration[0]), ""


def _inner(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = found.get(name)
    return inner if isinstance(inner, dict) else {}


def _tell(audience: str, seconds: int, why: str, *, level: int) -> None:
    if seconds:
        _log.info("whoever comes by %s signed in within %d seconds before", audience, seconds)
    else:
        _log.log(level, "how long ago people signed in who come by %s is not known: %s", audience, why)
