"""A call of a tool that an agent asks for: copied when it was given, and what the policy has of such tools."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from countersign_client.errors import Unusable
from countersign_client.tools import (
    ARGUMENT,
    DEFINITION,
    LARGEST,
    NAME,
    SERVER,
    definition_digest,
    exact,
    fits,
    written,
)


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What an approver may grant in the place of one use: so many uses within so many seconds."""

    seconds: int = msgspec.field(name="for")
    uses: int


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """Tools of one server: a star in `name` stands for anything."""

    server: str
    name: str


class KnownTool(msgspec.Struct, frozen=True, kw_only=True):
    """Tools of an agent that the policy gates, by the action that a call of one is asked for as.

    `pending` and `use_by` are seconds: to decide it, and to use it then.
    """

    action: str = msgspec.field(name="id")
    tool: Pattern
    title: str = ""
    risk: str = ""
    pending: int = 0
    use_by: int = 0
    window: Window | None = None

    def fits(self, server: str, name: str) -> bool:
        """Whether a tool is one of these."""
        return server == self.tool.server and fits(self.tool.name, name)


class ToolCall(NamedTuple):
    """One call of a tool, with exactly these arguments: `text` is their canonical JSON."""

    action: str
    server: str
    name: str
    definition: str
    text: str

    @property
    def values(self) -> dict[str, Any]:
        """A copy of the arguments as they are asked for, and as the tool is to be called with them."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    def body(self) -> dict[str, Any]:
        """The members of a service's call that say it."""
        tool = {"server": self.server, "name": self.name, "definition": self.definition}
        return {"tool": tool, "arguments": self.values}

    def covered(self) -> dict[str, str]:
        """What a receipt of it says, by the names of its parameters."""
        said = {SERVER: self.server, NAME: self.name, DEFINITION: self.definition}
        return said | {f"{ARGUMENT}{name}": written(value) for name, value in self.values.items()}


def tool_call(
    action: str, *, server: str, name: str, definition: str | Mapping[str, Any], arguments: Mapping[str, Any]
) -> ToolCall:
    """Copy a call. `definition` is the tool as its server lists it, or the digest of that.

    Raises `Unusable`, which names the argument that canonical JSON (RFC 8785) cannot carry or would change.
    """
    if not isinstance(definition, str):
        try:
            definition = definition_digest(definition)
        except (ValueError, TypeError, RecursionError) as error:
            raise Unusable(f"the definition of {name} has no canonical JSON: {error}") from error
    for each, value in arguments.items():
        try:
            exact({each: value})
        except (ValueError, TypeError, RecursionError) as error:
            raise Unusable(
                f"{ARGUMENT}{each} has no canonical JSON, so nobody can be asked for it: {error}"
            ) from error
    text = exact(dict(arguments))
    if len(text.encode()) > LARGEST:
        raise Unusable(
            f"the arguments are larger than {LARGEST:,} bytes, and people are shown all of them: put what is long"
            " where the tool can read it, and give its address"
        )
    return ToolCall(action, server, name, definition, text)
