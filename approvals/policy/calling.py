"""A call of a tool held against the action of an agent that it is asked for as.

What a call is, and every argument of it, are parameters of the action, each written as one text: see
`countersign_client.tools`. Only arguments that the policy names are looked at by guardrails.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from approvals.policy.model import Action, Parameter
from approvals.policy.tools import Tool
from approvals.refusals.errors import Refused
from approvals.targets import Given
from countersign_client.tools import ARGUMENT, DEFINITION, NAME, SERVER, read

LABELS: Mapping[str, str] = {SERVER: "Server", NAME: "Tool", DEFINITION: "Definition of the tool"}
"""What people read beside what a call is."""

UNLABELLED = "Argument "
"""How the label begins of an argument to which the policy gives none; its name follows."""


def label(parameters: Iterable[Parameter], name: str) -> str:
    """What people read beside an argument."""
    return next((each.label for each in parameters if each.name == name), f"{UNLABELLED}{name}")


def require_fit(action: Action, tool: Tool, given: Iterable[Given]) -> None:
    """Raise `Refused` with the names of what is no call of the action's tools, as people are shown it."""
    found = {each.name: each for each in given}
    wrong = [name for name in LABELS if name not in found]
    if not wrong and not tool.fits(found[SERVER].value, found[NAME].value):
        wrong.append(NAME)
    wrong += [name for name, each in found.items() if each.type != "string" or each.label != _label(action, name)]
    wrong += [f"{ARGUMENT}{each.name}" for each in action.parameters if not _is_one(each, found)]
    if wrong:
        raise Refused("parameters", names=tuple(dict.fromkeys(wrong)))


def _label(action: Action, name: str) -> str:
    own = LABELS.get(name)
    if own is not None:
        return own
    return label(action.parameters, name.removeprefix(ARGUMENT)) if name.startswith(ARGUMENT) else ""


def _is_one(known: Parameter, found: Mapping[str, Given]) -> bool:
    given = found.get(f"{ARGUMENT}{known.name}")
    return not known.required if given is None else is_of_type(known, read(given.value))


def is_of_type(known: Parameter, value: Any) -> bool:
    """Whether an argument is what the policy says that it is."""
    if known.type == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str) and (known.type != "time" or _moment(value) is not None)


def looked_at(action: Action, given: Iterable[Given]) -> tuple[Given, ...]:
    """The arguments that the policy names, as guardrails look at them."""
    found = {each.name: each for each in given}
    return tuple(
        Given(
            name=each.name, label=each.label, type=each.type, value=_value(each, found[f"{ARGUMENT}{each.name}"])
        )
        for each in action.parameters
        if f"{ARGUMENT}{each.name}" in found
    )


def _value(known: Parameter, given: Given) -> str:
    value = read(given.value)
    # A number is written in one way alone: that is what its canonical JSON is.
    return f"{Decimal(given.value):f}" if known.type == "number" else str(value)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
