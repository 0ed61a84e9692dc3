"""The parameters of an action: what it is done with, and what people are shown of that."""

from typing import get_args

import yaml

from approvals.policy.model import Parameter
from approvals.policy.reading.document import Reader, meant_by, shown
from approvals.policy.reading.keys import SHOW
from approvals.policy.reading.values import name_of, text
from approvals.targets import ParameterType

LABEL_LENGTH = 40
MOST_PARAMETERS = 30
"""Parameters of one action: an approver reads all of them before a press."""

TYPES: tuple[ParameterType, ...] = get_args(ParameterType)


def parameters_of(reader: Reader, node: yaml.Node) -> tuple[Parameter, ...]:
    """Read all parameters of an action, in their order; no two have a name in guardrails or a label in common."""
    items = reader.items(node, "show") or []
    for item in items[MOST_PARAMETERS:][:1]:
        text = f"an action shows at most {MOST_PARAMETERS} parameters: an approver reads all of them"
        reader.refuse(item, "too-many", text)
    found: dict[str, Parameter] = {}
    lines: dict[str, int] = {}
    for item in items:
        parameter = _parameter(reader, item)
        if parameter is None:
            continue
        for name in _taken(parameter):
            if name in lines:
                text = f"the name {shown(name)} is taken already, by the parameter on line {lines[name]}"
                reader.refuse(item, "duplicate-name", text)
        if any(each.label == parameter.label for each in found.values()):
            reader.refuse(item, "duplicate-name", f"another parameter is labelled {shown(parameter.label)}")
        lines |= dict.fromkeys(_taken(parameter), item.start_mark.line + 1)
        found.setdefault(parameter.name, parameter)
    return tuple(found.values())


def _taken(parameter: Parameter) -> tuple[str, ...]:
    """The names that a parameter has in guardrails."""
    return (parameter.name, *((f"{parameter.name}_currency",) if parameter.type == "money" else ()))


def _parameter(reader: Reader, node: yaml.Node) -> Parameter | None:
    fields = reader.mapping(node, "a parameter", SHOW)
    if fields is None:
        return None
    complete = reader.required(node, fields, "a parameter", *SHOW.required)
    name = name_of(reader, fields["name"], "parameter") if "name" in fields else None
    label = text(reader, fields["label"], "label", longest=LABEL_LENGTH) if "label" in fields else None
    kind = _type(reader, fields["type"]) if "type" in fields else None
    needed = reader.boolean(fields["required"], "required") if "required" in fields else True
    if not complete or name is None or label is None or kind is None or needed is None:
        return None
    return Parameter(name=name, label=label, type=kind, required=needed)


def _type(reader: Reader, node: yaml.Node) -> ParameterType | None:
    value = reader.string(node, "type")
    found = next((each for each in TYPES if each == value), None)
    if value is not None and found is None:
        reader.refuse(node, "bad-value", f"there is no type {shown(value)}; {meant_by(value, TYPES)}")
    return found
