"""What is known about memberships of directory groups, at one moment, for one computation."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Answer = Literal["yes", "no", "unknown"]


class Memberships(msgspec.Struct, frozen=True, kw_only=True):
    """Answers of the directory, by (group address, principal). What is missing is unknown and never counts.

    None: there is no such group, or none that the service may see.
    """

    answers: Mapping[tuple[str, str], bool | None] = {}

    def holds(self, group: str, person: str, *, gone: Answer = "no") -> Answer:
        """Say whether the person is in the directory group; `gone` is what holds of one that is not there.

        It gives nobody anything. Where a group takes something away, it is unknown who is in it.
        """
        found = self.answers.get((group, person), _UNKNOWN)
        if found is _UNKNOWN:
            return "unknown"
        return gone if found is None else "yes" if found else "no"


_UNKNOWN = object()


NOTHING_KNOWN = Memberships()
