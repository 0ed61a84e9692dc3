"""What a diagnosis is said in, and what several of them have in common."""

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """What was found, why that matters, and what mends it; of what is well, the first alone."""

    what: str
    why: str = ""
    mend: str = ""


Table = Mapping[str, Words]
"""By code. A fact stands in braces."""

LATER = (
    "Run `countersign doctor` again in a minute; where it stays so, look whether this machine gets there at all"
)
