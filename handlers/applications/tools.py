"""What an agent brings in the place of parameters: a tool, with the arguments of the call."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from approvals.policy.called import called, labels_of
from approvals.policy.calling import is_of_type
from approvals.policy.model import Action, Parameter
from approvals.policy.tools import Tool
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.targets import Given
from approvals.uses.errands import Errand
from countersign_client.canonical import canonical
from countersign_client.tools import (
    ARGUMENT,
    DEFINITION,
    DIGEST,
    LARGEST,
    NAME,
    SERVER,
    SERVER_NAME,
    TOOL_NAME,
    exact,
)
from handlers.applications.bodies import Ask, Called, Consume
from handlers.wire.problems import Fault
from handlers.wire.reading import raise_all, shown

_KINDS = {"string": "a text", "number": "a number", "time": "a time with its zone (RFC 3339), in a text"}
_SHAPES = {
    SERVER: (SERVER_NAME, "It is a name of at most 64 letters, digits and ._- signs."),
    NAME: (TOOL_NAME, "It is a name of at most 128 plain characters, without blanks and stars."),
    DEFINITION: (DIGEST, "It is sha256: and 64 hexadecimal digits, of the definition as the server lists it."),
}
_ORDINARY = ("parameters", "key", "data")


def require_call(body: Ask | Consume, *, agent: bool) -> None:
    """Raise `Fault` where an agent's action comes without a tool, or another one with it."""
    if agent:
        faults = [_missing(name) for name in ("tool", "arguments") if getattr(body, name) is None]
        said = "An action of an agent is asked for with tool and arguments, and with nothing in their place."
        faults += [Fault(422, "member", said, field=name) for name in _ORDINARY if getattr(body, name)]
    else:
        said = "This is no action of an agent: it is asked for with parameters."
        names = [name for name in ("tool", "arguments") if getattr(body, name) is not None]
        faults = [Fault(422, "member", said, field=name) for name in names]
        if isinstance(body, Ask) and body.join:
            faults.append(Fault(422, "member", "Only calls of tools are joined.", field="join"))
    raise_all(faults)


def _missing(name: str) -> Fault:
    said = f"The member {name} is missing: this is an action of an agent, for calls of tools."
    return Fault(422, "member", said, field=name)


def asked(body: Ask, action: Action, tool: Tool, faults: Sequence[Fault] = ()) -> Errand:
    """The call that is asked for. Raises `Fault` with all that does not fit."""
    require_call(body, agent=True)
    found = [*faults, *_misfits(body, action, tool)]
    raise_all(found)
    return _errand(body, action.id, labels_of(action.parameters))


def repeated(body: Consume, request: Request) -> Errand:
    """The call as it is brought to be used, under the labels that it had. Raises `Fault`, or `Refused`."""
    call = request.action
    if call is None:
        raise Refused("action")
    require_call(body, agent=True)
    raise_all([*_unsound(body)])
    return _errand(body, call.action, _labels(call.parameters))


def _labels(given: Iterable[Given]) -> Mapping[str, str]:
    """Of the arguments alone: one may be called `tool.name`."""
    found = (each for each in given if each.name.startswith(ARGUMENT))
    return {each.name.removeprefix(ARGUMENT): each.label for each in found}


def _errand(body: Ask | Consume, action: str, labels: Mapping[str, str]) -> Errand:
    tool = body.tool
    if tool is None:
        raise _missing("tool")
    parameters = called(
        labels,
        server=tool.server,
        name=tool.name,
        definition=tool.definition,
        arguments=body.arguments or {},
    )
    return Errand(action=action, parameters=parameters)


def _unsound(body: Ask | Consume) -> Iterator[Fault]:
    """What is no call of any tool, or more than people can be shown."""
    if body.tool is not None:
        yield from _unnamed(body.tool)
    whole = True
    for name, value in (body.arguments or {}).items():
        try:
            exact({name: value})
        except (ValueError, RecursionError):
            whole = False
            yield Fault(
                422,
                "member",
                "It has half of a character, a number that no program reads alike, or is too deep.",
                field=_field(name),
            )
    if whole and len(canonical(body.arguments or {})) > LARGEST:
        said = (
            f"The arguments are larger than {LARGEST:,} bytes, and people are shown all of them. Put what is long"
            " where the tool can read it, and give its address."
        )
        yield Fault(422, "member", said, field="arguments")


def _unnamed(tool: Called) -> Iterator[Fault]:
    said = {SERVER: tool.server, NAME: tool.name, DEFINITION: tool.definition}
    for name, (pattern, hint) in _SHAPES.items():
        if not re.fullmatch(pattern, said[name]):
            yield Fault(422, "member", hint, field=name)


def _misfits(body: Ask, action: Action, tool: Tool) -> Iterator[Fault]:
    yield from _unsound(body)
    asked = body.tool
    if asked is not None and not tool.fits(asked.server, asked.name):
        said = f"{action.id} is for {tool.name} of {tool.server}, and not for this tool."
        yield Fault(422, "tool", said, field=NAME if asked.server == tool.server else SERVER)
    for each in action.parameters:
        yield from _misfit(each, body.arguments or {})


def _misfit(known: Parameter, arguments: Mapping[str, Any]) -> Iterator[Fault]:
    if known.name not in arguments:
        if known.required:
            yield Fault(422, "parameter.missing", f"{known.label} is missing.", field=_field(known.name))
    elif not is_of_type(known, arguments[known.name]):
        said = f"{known.label}: It must be {_KINDS[known.type]}."
        yield Fault(422, "parameter", said, field=_field(known.name))


def _field(name: str) -> str:
    return f"{ARGUMENT}{shown(name)}"
