"""Why something is refused, or did not come about: a code, and the facts that its sentence is made of."""

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack, cast

import msgspec

from approvals.refusals.codes import Code

Fact = str | int | tuple[str, ...]
"""A value of JSON, so that a reason can be stored and sent as it is; durations are whole seconds."""


class Facts(TypedDict, total=False):
    """Every fact that a reason may have, and its type, which is the same for all codes. `wait` is in seconds."""

    acr: tuple[str, ...]
    approvers: tuple[str, ...]
    domain: str
    fault: str
    group: str
    hint: str
    longest: int
    max_age: int
    most: int
    name: str
    names: tuple[str, ...]
    needed: int
    now: str
    older: str
    pattern: str
    permission: str
    person: str
    request: str
    resource: str
    roles: tuple[str, ...]
    rule: str
    said: str
    sign: str
    stage: int
    stages: int
    state: str
    status: int
    title: str
    version: int
    wait: int
    was: str
    zone: str


class Reason(msgspec.Struct, frozen=True):
    """Only `reason` makes one of a code that there is; a stored one may be older or newer than this service."""

    code: str
    facts: Mapping[str, Fact] = {}

    @property
    def kind(self) -> str:
        """What stands before the first dot of its code."""
        return self.code.partition(".")[0]

    def __str__(self) -> str:
        """For the log."""
        said = " ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code} ({said})" if said else self.code


def plain(found: Reason | str) -> Any:
    """A reason, or the text that stands in the place of one, as JSON holds it."""
    return found if isinstance(found, str) else msgspec.json.decode(msgspec.json.encode(found))


def reason(code: Code, **facts: Unpack[Facts]) -> Reason:
    """Make a reason. A test compares the facts of each call with those that the code's sentence uses."""
    return Reason(code, cast("Mapping[str, Fact]", facts))
