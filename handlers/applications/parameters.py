"""The parameters of a call against those of its action: all that is wrong with them is said at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from approvals.policy.model import Parameter
from approvals.targets import Given
from countersign_client.canonical import canonical
from handlers.wire.problems import Fault
from handlers.wire.reading import raise_all, shown
from handlers.wire.values import Misfit, written

LARGEST = 8 * 1024
"""Bytes of `data` as canonical JSON: people are shown all of it."""

KEY = 200
"""Characters of an application's own name for what it acts on."""


def given(
    values: Mapping[str, Any], known: Sequence[Parameter], *, salt: Callable[[str], str]
) -> tuple[Given, ...]:
    """The parameters as they are asked for from now on, in their action's order.

    `salt` says what a secret of that name is salted with. Raises `Fault` with every parameter that does not fit.
    """
    names = [each.name for each in known]
    faults = [_unknown(name, names) for name in values if name not in names]
    found: list[Given] = []
    for each in known:
        try:
            found.extend(_one(each, values, salt))
        except Fault as fault:
            faults.append(fault)
    raise_all(faults)
    return tuple(found)


def _one(known: Parameter, values: Mapping[str, Any], salt: Callable[[str], str]) -> Iterator[Given]:
    if known.name not in values:
        if known.required:
            raise _fault(known.name, "parameter.missing", f"{known.label} is missing.")
        return
    salted = salt(known.name) if known.type == "secret" else ""
    try:
        value = written(known.type, values[known.name], salt=salted)
    except Misfit as wrong:
        raise _fault(known.name, "parameter", f"{known.label}: {wrong}") from None
    yield Given(name=known.name, label=known.label, type=known.type, value=value, salt=salted)


def _unknown(name: str, names: Sequence[str]) -> Fault:
    there = f"It has {', '.join(names)}." if names else "It has none."
    return _fault(name, "parameter.unknown", f"This action has no parameter {shown(name)}. {there}")


def _fault(name: str, code: str, said: str) -> Fault:
    return Fault(422, code, said, field=f"parameters.{shown(name)}")


def bound(data: Any) -> str:
    """What else a call binds, as canonical JSON; empty where that is nothing. Raises `Fault`."""
    if data is None:
        return ""
    if not isinstance(data, Mapping):
        raise Fault(422, "member", "The member data must be one JSON object.", field="data")
    try:
        text = canonical(data)
    except (ValueError, RecursionError):
        raise Fault(422, "member", "The member data has half of a character.", field="data") from None
    if len(text) > LARGEST:
        raise Fault(422, "member", f"The member data is larger than {LARGEST:,} bytes.", field="data")
    return text.decode() if data else ""
