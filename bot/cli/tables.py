"""The rows of a report as lines for people, as CSV for spreadsheets, and as plain values."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from approvals.report import Row
from approvals.times import rfc3339
from countersign_client.lines import fit

_FORMULA = re.compile(r"""(^|[;,"])(?=\s*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20])""")
"""Behind it a spreadsheet may take the text for a formula (OWASP, "CSV Injection"), also in full width.

Some part cells by semicolons, and read a quotation mark within one as its end.
"""


def plain(row: Row, columns: Sequence[str]) -> dict[str, object]:
    """The columns of a row as JSON has them: moments as RFC 3339, roles and approvers as lists."""
    found = {name: getattr(row, name) for name in columns}
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in found.items()}


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """Write RFC 4180 with a head line. Before what could be a formula stands an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(_cell(value) for value in plain(row, columns).values())
    return text.getvalue()


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """Say each row in a sentence or two, and in the end how many there are."""
    for row in rows:
        by = f"approved by {' and '.join(row.approved_by)}" if row.approved_by else "approved by nobody else"
        by += f", break-glass: {row.break_glass}" if row.break_glass else ""
        ended = f" by {row.ended_by}" if row.ended_by else ""
        yield (
            f"{rfc3339(row.since)} to {rfc3339(row.until)}  {row.person}  {row.resource}  {' '.join(row.roles)}"
            f"  {row.state}{ended}, {by} ({row.request})"
        )
        if row.reason is not None:
            yield f"    {row.reason}"
    yield f"{len(rows)} access{'' if len(rows) == 1 else 'es'}"


def _cell(value: object) -> str:
    text = " ".join(value) if isinstance(value, tuple) else str(value)
    return fit(_FORMULA.sub(r"\1'", text))
