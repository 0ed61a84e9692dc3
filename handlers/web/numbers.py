"""The page of numbers, for administrators and auditors: how long decisions take, what nobody uses or answers."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from approvals.numbers import OFTEN, Taken
from approvals.uses import Uses
from approvals.uses.measuring import MOST, WINDOW
from handlers.identity.visitors import Visitors
from handlers.web.pages import Page, Visit
from handlers.wording.history.numbers import OF_IAM, OUTCOMES, took
from handlers.wording.text.lines import coded

LENGTH = 100
"""Of the longest bar, in the units of its own picture."""


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a table with its bar; `length` is none where there is nothing to draw."""

    name: str
    title: str
    asked: int
    decided: int
    median: str
    ninth: str
    length: int


class Numbers:
    """Shows what the last requests come to. Nothing is decided here."""

    def __init__(self, uses: Uses, visitors: Visitors) -> None:
        self._uses = uses
        self._visitors = visitors

    def show(self, visit: Visit) -> Page:
        """The page. Raises `NotFound` for everybody else, as for a page that is none."""
        identity = self._visitors.identify(visit.account, purpose="request", now=visit.now)
        found = self._uses.measuring.numbers(identity, now=visit.now)
        context: dict[str, Any] = {
            "found": found,
            "days": WINDOW.days,
            "of_iam": coded(OF_IAM) if self._uses.measuring.sources else (),
            "most": f"{MOST:,}",
            "often": OFTEN,
            "outcomes": _counted(found.outcomes),
            "charts": [
                ("By entitlement", "Entitlement", _bars(found.entitlements)),
                ("Week by week", "Week from", _bars(found.weeks)),
            ],
        }
        return Page(template="numbers.html", context=context)


def _bars(taken: Iterable[Taken]) -> list[Bar]:
    rows = list(taken)
    longest = max((each.median or 0 for each in rows), default=0)
    return [
        Bar(
            name=each.name,
            title=each.title,
            asked=each.asked,
            decided=each.decided,
            median=took(each.median),
            ninth=took(each.ninth),
            length=_length(each.median, longest),
        )
        for each in rows
    ]


def _counted(outcomes: Mapping[str, int]) -> list[tuple[str, int, int]]:
    most = max(outcomes.values(), default=0)
    return [(OUTCOMES.get(name, name), count, _length(count, most)) for name, count in outcomes.items()]


def _length(value: int | None, longest: int) -> int:
    """What is there at all is seen."""
    return 0 if not value else max(1, round(LENGTH * value / longest))
