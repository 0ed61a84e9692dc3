"""The freeze of a run: what there was when everything froze, and whether anything was decided or widened since."""

import time
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from approvals.requests import Request, every_review
from chaos import scene, truths
from chaos.findings import Findings
from chaos.outside import Outside
from chaos.records import Records
from chaos.teams import Flat
from sandbox.google.conditions import holds

UNDER_WAY = 11.0
"""Seconds after the freeze within which a write that was under way arrives: the service gives one ten."""

_AHEAD = [timedelta(seconds=number) for number in range(45)] + [timedelta(hours=number) for number in range(1, 49)]
"""Each second for longer than any window of a run is, and then some."""


class Part(NamedTuple):
    """What is frozen by name: these entitlements, whose roles nothing else gives, and who votes on nothing."""

    entitlements: Collection[str]
    mute: str

    @property
    def given(self) -> set[tuple[str, str]]:
        """The roles that they give, each with its resource."""
        parts = (name.partition("-") for name in self.entitlements)
        return {(f"projects/{project}", role) for kind, _, project in parts for role in scene.KINDS[kind].roles}


class Ice:
    """Made when `countersign freeze` has returned. `look` as often as wanted until `countersign thaw` begins.

    Of everything, or of a `part`.
    """

    def __init__(
        self, outside: Outside, records: Records, findings: Findings, *, part: Part | None = None
    ) -> None:
        self._outside, self._records, self._findings, self._part = outside, records, findings, part
        self._requests = self._stored()
        self._instance = records.installation().instance
        self._access: set[Flat] | None = None
        self._since = time.monotonic()

    def look(self) -> None:
        """Compare everything with what there was."""
        self._findings.check("freeze", [*self._decided(), *self._voted()], when="frozen")
        if self._access is None:
            if time.monotonic() - self._since < UNDER_WAY:
                return
            self._access = self._ours()
        more = [f"more than there was: {each}" for each in self._ours() if self._is_more(each, self._access)]
        self._findings.check("freeze", more, when="frozen")

    def _decided(self) -> Iterator[str]:
        for name, request in self._stored().items():
            before = self._requests.get(name)
            if self._part is not None and request.terms.entitlement not in self._part.entitlements:
                continue
            if before is None:
                yield f"{name} was filed"
            elif request.reviews != before.reviews:
                yield f"{name} was voted on"
            elif (request.counter, request.former) != (before.counter, before.former):
                yield f"less of {name} was offered or accepted"
            elif request.state != before.state and request.state not in ("withdrawn", "expired"):
                yield f"{name} was {request.state}"

    def _voted(self) -> Iterator[str]:
        """What somebody who is frozen has voted on since."""
        mute = self._part.mute if self._part is not None else ""
        for name, request in self._stored().items() if mute else ():
            before = self._requests.get(name)
            if _votes(request, mute) > (_votes(before, mute) if before is not None else 0):
                yield f"{mute} voted on {name}"

    def _stored(self) -> Mapping[str, Request]:
        return {name: self._records.request(name) for name in self._records.ids()}

    def _ours(self) -> set[Flat]:
        ours = {each for each in self._outside.bindings() if truths.is_ours(each, self._instance)}
        ours |= {each.flat for each in self._outside.teams.ours()}
        return ours if self._part is None else {each for each in ours if each[:2] in self._part.given}

    def _is_more(self, binding: Flat, before: set[Flat]) -> bool:
        """It gives access at a moment, now or to come, at which the same member had none by that role there."""
        if binding in before:
            return False
        same = [each for each in before if each[:3] == binding[:3]]
        first = truths.now().replace(microsecond=0)
        moments = [first + ahead for ahead in _AHEAD]
        given = [at for at in moments if holds(binding[5], at=at, resource={})]
        return any(not any(holds(each[5], at=at, resource={}) for each in same) for at in given)


def _votes(request: Request, who: str) -> int:
    return sum(review.person == who for review in every_review(request))
