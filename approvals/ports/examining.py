"""What a part of an installation finds when it looks at itself."""

from collections.abc import Iterable, Mapping
from typing import Literal, Protocol

import msgspec

Verdict = Literal["ok", "warning", "wrong", "unknown"]
"""`warning`: it works, and somebody should know of it. `unknown`: it could not be looked at, and may be wrong."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `code` names what was found, with facts: the words are made where it is shown.

    No fact is a secret: what is printed is read by others.
    """

    part: str
    verdict: Verdict
    code: str
    facts: Mapping[str, str] = {}


class Examining(Protocol):
    """A part that looks at itself."""

    def __call__(self, *, timeout: float) -> Iterable[Diagnosis]:
        """Look at one thing after the other, for `timeout` seconds at most; changes nothing that lasts.

        What it raises is a diagnosis too, after all that it gave before.
        """


def found(part: str, verdict: Verdict, code: str, **facts: object) -> Diagnosis:
    """A diagnosis whose facts are written as they are read."""
    return Diagnosis(
        part=part, verdict=verdict, code=code, facts={name: str(value) for name, value in facts.items()}
    )
