"""A call of a tool as an action's parameters: which it is, and each argument under the label that people read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from approvals.policy.calling import LABELS, label
from approvals.policy.model import Parameter
from approvals.policy.tools import Tool
from approvals.targets import Given
from countersign_client.tools import ARGUMENT, DEFINITION, NAME, SERVER, exact, written


def called(
    labels: Mapping[str, str], *, server: str, name: str, definition: str, arguments: Mapping[str, Any]
) -> tuple[Given, ...]:
    """The parameters of a call. `labels` are those of arguments by their names: these stand first, in its order.

    The digest of the definition says least to people, and comes last. Raises what `written` does.
    """
    names = [*(each for each in labels if each in arguments), *sorted(arguments.keys() - labels.keys())]
    told = [
        (SERVER, LABELS[SERVER], server),
        (NAME, LABELS[NAME], name),
        *((f"{ARGUMENT}{each}", labels.get(each) or label((), each), written(arguments[each])) for each in names),
        (DEFINITION, LABELS[DEFINITION], definition),
    ]
    return tuple(Given(name=each, label=words, type="string", value=value) for each, words, value in told)


def example(tool: Tool, labels: Mapping[str, str], arguments: Mapping[str, Any]) -> tuple[Given, ...]:
    """A call of some tool that fits, for whoever asks what would become of one."""
    name, definition = tool.name.replace("*", "some"), f"sha256:{'0' * 64}"
    return called(labels, server=tool.server, name=name, definition=definition, arguments=arguments)


def typed(given: Iterable[Given]) -> Mapping[str, Any]:
    """Arguments that were typed as parameters are: numbers are numbers, everything else is a text."""
    return {each.name: json.loads(each.value) if each.type == "number" else each.value for each in given}


def labels_of(parameters: Iterable[Parameter]) -> Mapping[str, str]:
    """What people read beside the arguments that the policy names."""
    return {each.name: each.label for each in parameters}


def arguments(text: str) -> Mapping[str, Any]:
    """The arguments of a call as a person types them. Raises `ValueError` with what is wrong, in words."""
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"these are no arguments in JSON ({error})") from None
    if not isinstance(found, dict):
        # It is the text that is wrong.
        raise ValueError(  # noqa: TRY004
            'arguments are a JSON object, such as {"account": "A-17"}'
        )
    try:
        exact(found)
    except (ValueError, RecursionError):
        said = "a number that no program reads alike, half of a character, or is too deep"
        raise ValueError(f"there is {said}") from None
    return found


def _once(pairs: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member stands there twice")
    return found
