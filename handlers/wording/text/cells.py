"""Cells of a spreadsheet: CSV (RFC 4180) in which nothing is a formula."""

import csv
import io
import re
from collections.abc import Iterable

from countersign_client.lines import fit

_FORMULA = re.compile(r"""(^|[;,"])(?=\s*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20])""")
"""Behind it a spreadsheet may take the text for a formula (OWASP, "CSV Injection"), also in full width.

Some part cells by semicolons, and read a quotation mark within one as its end.
"""


def line(values: Iterable[object]) -> str:
    """One line of CSV with its end. Before what could be a formula stands an apostrophe."""
    text = io.StringIO()
    csv.writer(text).writerow(map(cell, values))
    return text.getvalue()


def cell(value: object) -> str:
    """What stands in a cell: of a list its parts with blanks between, of nothing nothing."""
    text = " ".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)
    return fit(_FORMULA.sub(r"\1'", text))
