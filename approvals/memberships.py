"""What is known about memberships of directory groups, at one moment, for one computation."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Answer = Literal["yes", "no", "unknown"]


class Memberships(msgspec.Struct, frozen=True, kw_only=True):
    """Answers of the directory, by (group address, principal). What is missing is unknown and never counts."""

    answers: Mapping[tuple[str, str], bool] = {}

    def holds(self, group: str, person: str) -> Answer:
        """Say whether the person is in the directory group."""
        found = self.answers.get((group, person))
        if found is None:
            return "unknown"
        return "yes" if found else "no"


NOTHING_KNOWN = Memberships()
