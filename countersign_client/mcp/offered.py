"""The tools that `countersign mcp` offers to an agent: what they take, and what they are for."""

from collections.abc import Mapping
from typing import Any

from mcp_types import Tool, ToolAnnotations

from countersign_client.mcp.results import SCHEMA

INSTRUCTIONS = """\
Some tools may be called only when people have approved the very call. list_gated_tools says which ones.

Before you call one of them: ask_approval with its server, its name and the exact arguments. While that answers
`pending`, nothing may run: tell the person that somebody has to decide, and where (`page`), and call ask_approval
again with the same arguments, or check_approval. When it is `approved`, use_approval with the same arguments; only
where that answers `may_run: true`, call the tool, once, with exactly the arguments that it gives back. Every other
outcome means no. Never change an argument after asking: that is another call, which has to be asked for anew."""

_CALL: Mapping[str, Any] = {
    "server": {"type": "string", "description": "The MCP server of the tool, as the policy calls it."},
    "tool": {"type": "string", "description": "The tool's name on that server."},
    "arguments": {
        "type": "object",
        "description": "Exactly what the tool will be called with. People read all of it.",
    },
    "definition": {
        "type": "object",
        "description": "The tool as its server lists it. Where it is given, the approval is bound to it as well.",
    },
}
_REQUEST = {"type": "string", "description": "The request's id, such as r-7k2m9qd4xw."}


def _takes(needed: list[str], properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": needed, "additionalProperties": False}


TOOLS = (
    Tool(
        name="list_gated_tools",
        title="List the tools that need approval",
        description="The tools that this agent may call only when people have approved the call. A star in a name"
        " stands for anything.",
        input_schema=_takes([], {}),
        output_schema={
            "type": "object",
            "properties": {
                "tools": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "server": {"type": "string"},
                            "tool": {"type": "string"},
                            "action": {"type": "string", "description": "The policy's rule."},
                            "title": {"type": "string"},
                        },
                        "required": ["server", "tool", "action", "title"],
                    },
                }
            },
            "required": ["tools"],
        },
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
    ),
    Tool(
        name="ask_approval",
        title="Ask people to approve a call",
        description="Ask people to approve one call of a gated tool with exactly these arguments, and wait for up"
        " to 25 seconds. Where it answers `pending`, nothing may run: call it again with the same arguments, which"
        " joins the same request and asks nobody twice. An approval alone lets nothing run: use_approval does.",
        input_schema=_takes(
            ["server", "tool", "arguments"],
            {**_CALL, "reason": {"type": "string", "description": "Why, in a sentence that people read."}},
        ),
        output_schema=SCHEMA,
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
        ),
    ),
    Tool(
        name="check_approval",
        title="Look how a request stands",
        description="How a request stands that was asked for before; one that waits is waited for, for up to 25"
        " seconds.",
        input_schema=_takes(["request"], {"request": _REQUEST}),
        output_schema=SCHEMA,
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
    ),
    Tool(
        name="use_approval",
        title="Claim an approval",
        description="Claim an approval for exactly the call that was asked for, right before the tool is called."
        " Only where it answers `may_run: true` may the tool run: now, once, with the arguments that it gives"
        " back. Each approval is for one call. Sent again it answers the same receipt, and is no second approval.",
        input_schema=_takes(["request", "server", "tool", "arguments"], {"request": _REQUEST, **_CALL}),
        output_schema=SCHEMA,
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
        ),
    ),
    Tool(
        name="withdraw_approval",
        title="Withdraw a request",
        description="Take back a request that nobody has decided yet.",
        input_schema=_takes(["request"], {"request": _REQUEST}),
        output_schema=SCHEMA,
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    ),
)
