"""Calls of an agent's tools, as enforcement points name them: a tool is a resource, and invoking it an action.

Its arguments are bound here, which neither the draft nor COAZ's usual mapping of MCP does.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from approvals.policy.model import Action
from approvals.refusals.errors import Refused
from handlers.applications.authzen.questions import Question, fault, properties
from handlers.applications.bodies import Called

ACTIONS = ("invoke", "tools/call")
"""What invoking is called: by the draft's example, and by COAZ-MCP."""

TYPE = "tool"
OF_RESOURCE, OF_ACTION = frozenset({"server", "definition"}), frozenset({"arguments"})
"""Properties of which the call is made."""


def is_call(found: Question) -> bool:
    """Whether a question is about calling a tool."""
    return found.resource["type"] == TYPE and found.action["name"] in ACTIONS


def called(actions: Iterable[Action], found: Question) -> tuple[Action, Called]:
    """The tool that is called, by the action that is for it. Raises `Refused` with code `action`, or `Fault`.

    The resource's id is SERVER.NAME, or NAME where `server` is one of its properties.
    """
    own, name = properties(found.resource), str(found.resource["id"])
    hits = [(each, hit) for each in actions if (hit := _hit(each, own.get("server"), name)) is not None]
    if not hits:
        raise Refused("action")
    if len({hit for _, hit in hits}) > 1:
        raise fault(
            "resource.id", "This may be a tool of several servers: say which in resource.properties.server."
        )
    action, (server, tool) = hits[0]
    definition = own.get("definition")
    if not isinstance(definition, str):
        said = "The member resource.properties.definition is missing: the digest of the tool's definition."
        raise fault("resource.properties.definition", said)
    return action, Called(server=server, name=tool, definition=definition)


def arguments(found: Question) -> Mapping[str, Any]:
    """All that the tool is called with. Raises `Fault` where nobody says: it could be anything."""
    said = properties(found.action).get("arguments")
    if not isinstance(said, Mapping):
        text = "The member action.properties.arguments must be one JSON object: the call is approved with them."
        raise fault("action.properties.arguments", text)
    return said


def _hit(action: Action, server: Any, name: str) -> tuple[str, str] | None:
    """Server and name of the tool, where it is one of this action's."""
    tool = action.tool
    if tool is None:
        return None
    if server is None:
        if not name.startswith(f"{tool.server}."):
            return None
        name = name.removeprefix(f"{tool.server}.")
    return (tool.server, name) if tool.fits(tool.server if server is None else server, name) else None
