"""A tool's call, read back from its request: what is approved, though nobody remembers who asked."""

from countersign_client.applications.answers import Asked
from countersign_client.applications.toolcalls import ToolCall, tool_call
from countersign_client.errors import Unusable
from countersign_client.tools import ARGUMENT, DEFINITION, NAME, SERVER, read


def call_of(asked: Asked) -> ToolCall | None:
    """The call that a request is for; None of any other request, and of one whose texts were erased."""
    said = {each.name: each.text for each in asked.parameters}
    if not said.get(SERVER) or not said.get(NAME) or asked.told.get("erased"):
        return None
    arguments = {
        name.removeprefix(ARGUMENT): read(text) for name, text in said.items() if name.startswith(ARGUMENT)
    }
    try:
        return tool_call(
            asked.action,
            server=said[SERVER],
            name=said[NAME],
            definition=said.get(DEFINITION, ""),
            arguments=arguments,
        )
    except Unusable:
        return None
