"""The lines that people were shown of an application's action, from the object that the decision's digest covers.

Card, page and mail show exactly these, the object holds them as `shown`, and whoever verifies a receipt renders
them again: what people read and what was approved are one. A line is a label and a text, neither with markup.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from countersign_client import shapes
from countersign_client.patterns import Pattern
from countersign_client.visible import listed, visible

Line = tuple[str, str]

SECRET = "•••• (not shown)"  # noqa: S105 - what stands where one is not shown
"""What stands for a secret parameter, whatever its value."""

_TIME = Pattern(r"(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d(?:\.\d{1,9})?)Z", re.ASCII)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


class ShownError(ValueError):
    """An object is none whose lines this version can render; the text says why."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A parameter of an action, its value as one text. A secret's is a salted digest."""

    name: str
    label: str
    type: Literal["string", "money", "number", "time", "secret"]
    value: str


class Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an application will do, and everything that it will do it with. `data` is canonical JSON, or empty."""

    kind: Literal["action"]
    application: str
    action: str
    parameters: tuple[Parameter, ...]
    key: str
    data: str
    metadata: dict[str, str]
    risk: str


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On whose behalf it is done, and how that was proven. Times are RFC 3339 in UTC."""

    principal: str
    proven: Literal["token", "iap", "asserted"]
    issuer: str
    subject: str
    claims: dict[str, tuple[str, ...]]
    unknown: tuple[str, ...]
    acr: str
    amr: tuple[str, ...]
    auth_time: str | None
    expires: str | None


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be approved in the place of one call: so many `uses` in all, for so many seconds."""

    lasts: int = msgspec.field(name="for")
    uses: int


class Within(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which request a window was opened that a call was taken from, and as which one of its calls."""

    request: str
    digest: str
    number: int


class _Covered(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    targets: tuple[Action]
    person: Person
    use_by: int
    window: Window | None = None
    within: Within | None = None


def lines(covered: Mapping[str, Any]) -> tuple[Line, ...]:
    """Return what is shown of the object, in its order; its member `shown` is not read. Raises `ShownError`."""
    try:
        found = shapes.convert(covered, _Covered)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ShownError(str(error)) from error
    (action,) = found.targets
    return (
        ("Action", f"{visible(found.title)} ({visible(action.action)})"),
        ("Application", visible(action.application)),
        *((visible(each.label), _value(each)) for each in action.parameters),
        *_bound(action),
        *_behalf(found.person, action.application),
        ("Can be used", f"once, within {length(found.use_by)} of the decision"),
        *_counted(found.window, found.within),
    )


def _counted(window: Window | None, within: Within | None) -> Iterator[Line]:
    if window is not None:
        calls = f"{window.uses} call{'s' if window.uses != 1 else ''} of this tool with any arguments"
        yield "Can be approved for", f"{calls}, this one among them, within {length(window.lasts)} of the decision"
    if within is not None:
        yield "Taken from", f"the window of {visible(within.request)}, as its call {within.number}"


def _value(parameter: Parameter) -> str:
    if parameter.type == "secret":
        return SECRET
    return moment(parameter.value) if parameter.type == "time" else visible(parameter.value)


def _bound(action: Action) -> Iterator[Line]:
    if action.key:
        yield "Key", visible(action.key)
    if action.data:
        yield "Data", visible(action.data)
    for name in sorted(action.metadata, key=_utf16):
        yield visible(name), visible(action.metadata[name])
    if action.risk:
        yield "Risk", visible(action.risk)


def _behalf(person: Person, application: str) -> Iterator[Line]:
    yield "On behalf of", visible(person.principal)
    yield "Proven by", _proof(person, application)
    if person.auth_time is not None:
        yield "Signed in", moment(person.auth_time)
    if person.acr:
        yield "Level of sign-in", visible(person.acr)
    if person.amr:
        yield "Means of sign-in", listed(person.amr)
    if person.expires is not None:
        yield "Proof ends", moment(person.expires)
    for name in sorted(person.claims, key=_utf16):
        yield f"Claim {visible(name)}", listed(person.claims[name])
    if person.unknown:
        yield "Not known", listed(person.unknown)


def _proof(person: Person, application: str) -> str:
    if person.proven == "asserted":
        return f"asserted by {visible(application)}"
    proof = "a token of" if person.proven == "token" else "Identity-Aware Proxy, by"
    return f"{proof} {visible(person.issuer)}, for its subject {visible(person.subject)}"


def _utf16(name: str) -> bytes:
    """The order of canonical JSON (RFC 8785 section 3.2.3), and of JavaScript."""
    return name.encode("utf-16-be", "surrogatepass")


def moment(text: str) -> str:
    """Write a time of RFC 3339 in UTC as `2 March 2026, 09:00:00 UTC`. Raises `ShownError` for another text."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ShownError(f"{visible(text)} is no time in UTC")
    try:
        datetime.fromisoformat(f"{found[1]}-{found[2]}-{found[3]}T{found[4][:8]}")
    except ValueError as error:
        raise ShownError(f"{visible(text)} is in no calendar") from error
    return f"{int(found[3])} {_MONTHS[int(found[2]) - 1]} {found[1]}, {found[4]} UTC"


def length(seconds: int) -> str:
    """Write a length of time as `1 hour 30 minutes`. Raises `ShownError` unless it is longer than nothing."""
    if seconds < 1:
        raise ShownError("it can be used for no time")
    parts = [(seconds // 3600, "hour"), (seconds % 3600 // 60, "minute"), (seconds % 60, "second")]
    return " ".join(f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in parts if count)
