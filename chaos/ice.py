"""The freeze of a run: what there was when everything froze, and whether anything was decided or widened since."""

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta

from approvals.requests import Request
from chaos import truths
from chaos.findings import Findings
from chaos.outside import Flat, Outside
from chaos.records import Records
from sandbox.google.conditions import holds

UNDER_WAY = 11.0
"""Seconds after the freeze within which a write that was under way arrives: the service gives one ten."""

_AHEAD = [timedelta(seconds=number) for number in range(45)] + [timedelta(hours=number) for number in range(1, 49)]
"""Each second for longer than any window of a run is, and then some."""


class Ice:
    """Made when `countersign freeze` has returned. `look` as often as wanted until `countersign thaw` begins."""

    def __init__(self, outside: Outside, records: Records, findings: Findings) -> None:
        self._outside, self._records, self._findings = outside, records, findings
        self._requests = self._stored()
        self._instance = records.installation().instance
        self._access: set[Flat] | None = None
        self._since = time.monotonic()

    def look(self) -> None:
        """Compare everything with what there was."""
        self._findings.check("freeze", self._decided(), when="frozen")
        if self._access is None:
            if time.monotonic() - self._since < UNDER_WAY:
                return
            self._access = self._ours()
        more = [f"more than there was: {each}" for each in self._ours() if self._is_more(each, self._access)]
        self._findings.check("freeze", more, when="frozen")

    def _decided(self) -> Iterator[str]:
        for name, request in self._stored().items():
            before = self._requests.get(name)
            if before is None:
                yield f"{name} was filed"
            elif request.reviews != before.reviews:
                yield f"{name} was voted on"
            elif (request.counter, request.former) != (before.counter, before.former):
                yield f"less of {name} was offered or accepted"
            elif request.state != before.state and request.state not in ("withdrawn", "expired"):
                yield f"{name} was {request.state}"

    def _stored(self) -> Mapping[str, Request]:
        return {name: self._records.request(name) for name in self._records.ids()}

    def _ours(self) -> set[Flat]:
        return {each for each in self._outside.bindings() if truths.is_ours(each, self._instance)}

    def _is_more(self, binding: Flat, before: set[Flat]) -> bool:
        """It gives access at a moment, now or to come, at which the same member had none by that role there."""
        if binding in before:
            return False
        same = [each for each in before if each[:3] == binding[:3]]
        first = truths.now().replace(microsecond=0)
        moments = [first + ahead for ahead in _AHEAD]
        given = [at for at in moments if holds(binding[5], at=at, resource={})]
        return any(not any(holds(each[5], at=at, resource={}) for each in same) for at in given)
