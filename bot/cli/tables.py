"""The rows of a report as lines for people, as CSV for spreadsheets, and as plain values."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from approvals.people.principals import ITSELF
from approvals.report import Row
from approvals.times import rfc3339
from handlers.wording import itself
from handlers.wording.text.amounts import many
from handlers.wording.text.cells import line
from handlers.wording.text.erased import erased_on


def plain(row: Row, columns: Sequence[str]) -> dict[str, object]:
    """The columns of a row as JSON has them: moments as RFC 3339, roles and approvers as lists."""
    found = {name: _reason(row) if name == "reason" else getattr(row, name) for name in columns}
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in found.items()}


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """Write RFC 4180 with a head line. Before what could be a formula stands an apostrophe."""
    return "".join([line(columns), *(line(plain(row, columns).values()) for row in rows)])


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """Say each row in a sentence or two, and in the end how many there are."""
    for row in rows:
        by = f"approved by {' and '.join(row.approved_by)}" if row.approved_by else "approved by nobody else"
        by += f", break-glass: {row.break_glass}" if row.break_glass else ""
        ended = f" by {row.ended_by}" if row.ended_by else ""
        yield (
            f"{rfc3339(row.since)} to {rfc3339(row.until)}  {_who(row)}  {row.resource}  {' '.join(row.roles)}"
            f"  {row.state}{ended}, {by} ({row.request})"
        )
        if row.reason is not None:
            yield f"    {_reason(row)}"
    yield many(len(rows), "access", "accesses")


def _who(row: Row) -> str:
    return itself.NAME if row.person == ITSELF else row.person


def _reason(row: Row) -> str | None:
    return row.reason if row.reason is None or row.erased is None else erased_on(row.erased)
