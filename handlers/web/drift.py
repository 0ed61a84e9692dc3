"""The page of drift, for administrators: what stands in Google Cloud beside what was approved here."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from approvals.standing.drift import Found
from approvals.uses import Uses
from handlers.identity.visitors import Visitors
from handlers.web.pages import Page, Visit
from handlers.wording.drift import HEADINGS, MEANING, UNTOLD, given, handed_down, looked_at, unread
from handlers.wording.text.lines import coded

SHOWN = 500
"""Bindings that the page shows; the command prints all of them."""


class Drifts:
    """Shows what drifted. Nothing is changed here."""

    def __init__(self, uses: Uses, visitors: Visitors) -> None:
        self._uses = uses
        self._visitors = visitors

    def show(self, visit: Visit) -> Page:
        """The page. Raises `NotFound` for everybody else, as for a page that is none."""
        identity = self._visitors.identify(visit.account, purpose="request", now=visit.now)
        found = self._uses.drifting.drift(identity, now=visit.now)
        context: dict[str, Any] = {
            "looked": looked_at(found),
            "scope": found.scope,
            "kinds": [*_kinds(found.found[:SHOWN])],
            "count": len(found.found),
            "more": max(0, len(found.found) - SHOWN),
            "unread": [coded(unread(each)) for each in found.unread],
            "untold": "" if found.unused else UNTOLD,
        }
        return Page(template="drift.html", context=context)


def _kinds(found: tuple[Found, ...]) -> Iterator[dict[str, Any]]:
    """What was found, a table for each kind."""
    for kind, rows in groupby(found, key=lambda each: each.kind):
        yield {
            "kind": kind,
            "heading": HEADINGS[kind],
            "meaning": coded(MEANING[kind]),
            "rows": [
                {
                    "resource": each.resource,
                    "role": each.role,
                    "member": each.member,
                    "condition": each.condition,
                    "request": each.request if kind in ("changed", "missing", "over") else "",
                    "below": handed_down(each),
                    "given": each.said if kind == "unreadable" else given(each),
                }
                for each in rows
            ],
        }
