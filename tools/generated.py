"""A part of a page that a generator writes, between two markers; everything else of the page is people's."""

import sys
from pathlib import Path
from typing import NamedTuple


class Part(NamedTuple):
    """Where a part stands: its page, its markers, and the generator, a path from the root of the repository."""

    page: Path
    begin: str
    end: str
    generator: str

    def within(self, text: str, made: str) -> str:
        """The text with what was made between its markers. Raises `ValueError` when a marker is missing."""
        before, begin, rest = text.partition(self.begin)
        _, end, after = rest.partition(self.end)
        if not begin or not end:
            raise ValueError(f"{self.page.name} lacks {self.begin} or {self.end}")
        return f"{before}{begin}\n{made}\n{end}{after}"

    def write(self, made: str, arguments: list[str]) -> int:
        """Write it into the page; with `--check` only compare, and return 1 when it is stale."""
        text = self.page.read_text()
        wanted = self.within(text, made)
        if "--check" not in arguments:
            self.page.write_text(wanted)
        elif text != wanted:
            print(f"{self.page.name}: a generated part is stale; run {self.generator}", file=sys.stderr)
            return 1
        return 0
