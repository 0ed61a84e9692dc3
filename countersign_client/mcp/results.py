"""What a tool of ours answers: a sentence, and the same for programs."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from mcp_types import CallToolResult, TextContent

from countersign_client.applications.answers import Asked
from countersign_client.applications.toolcalls import KnownTool
from countersign_client.mcp import saying
from countersign_client.mcp.outcomes import Allowed, Outcome, Pending, Refused, Unreachable

_KINDS: Mapping[type, str] = {
    Allowed: "claimed",
    Pending: "pending",
    Refused: "refused",
    Unreachable: "unreachable",
}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "outcome": {
            "type": "string",
            "enum": ["claimed", "approved", "used", "pending", "withdrawn", "refused", "unreachable"],
            "description": "Only `claimed` lets the call run.",
        },
        "may_run": {"type": "boolean", "description": "Whether the call may run now, once, as it was approved."},
        "message": {"type": "string", "description": "What it means, and what to do next."},
        "request": {"type": "string", "description": "The request's id, by which it is checked and used."},
        "page": {"type": "string", "description": "Where people see it and decide."},
        "needs": {"type": "string", "description": "Whose approval it waits for."},
        "expires": {"type": "string", "description": "Until when it can be decided (RFC 3339)."},
        "use_by": {"type": "string", "description": "Until when it can be used (RFC 3339)."},
        "receipt": {"type": "string", "description": "The proof (JWS), to be kept with what was done."},
        "arguments": {"type": "object", "description": "The approved copy: run it with exactly these."},
        "claimed": {"type": "string", "description": "When it was claimed (RFC 3339)."},
        "code": {"type": "string", "description": "Countersign's word for why it was refused."},
        "fields": {"type": "object", "description": "What stands against each member."},
        "step_up": {"type": "object", "description": "How the person has to sign in anew."},
    },
    "required": ["outcome", "may_run", "message"],
}
"""What the tools that ask, check, use and withdraw answer."""


def of(outcome: Outcome) -> CallToolResult:
    """The result of an outcome. A refusal and a silence are errors, so that no model takes them for a yes."""
    told = {k: v for k, v in msgspec.to_builtins(outcome).items() if k not in ("said", "told", "filed") and v}
    if isinstance(outcome, Refused):
        told |= outcome.told
    return _result(
        _KINDS[type(outcome)], saying.of(outcome), told, failed=isinstance(outcome, Refused | Unreachable)
    )


def standing(asked: Asked) -> CallToolResult:
    """The result of a request that waits, that is approved, or that was claimed before."""
    if asked.state not in ("approved", "used"):
        return of(saying.pending(asked))
    told = {"request": asked.id, "page": asked.page, "use_by": asked.use_by}
    said = saying.approved(asked) if asked.state == "approved" else saying.used(asked)
    return _result(asked.state, said, {k: v for k, v in told.items() if v})


def gated(tools: Iterable[KnownTool]) -> CallToolResult:
    """The tools that the policy gates."""
    found = [
        {"server": each.tool.server, "tool": each.tool.name, "action": each.action, "title": each.title}
        for each in tools
    ]
    text = TextContent(type="text", text=json.dumps({"tools": found}))
    return CallToolResult(content=[text], structured_content={"tools": found})


def withdrawn(asked: Asked) -> CallToolResult:
    """The result of a request that was taken back."""
    return _result("withdrawn", f"{asked.id} is withdrawn: nobody is asked any more.", {"request": asked.id})


def _result(kind: str, said: str, told: Mapping[str, Any], *, failed: bool = False) -> CallToolResult:
    whole = {"outcome": kind, "may_run": kind == "claimed", "message": said, **told}
    # Clients of before 2025-06-18 know no structured content: they read the same as text.
    texts = [TextContent(type="text", text=said), TextContent(type="text", text=json.dumps(whole))]
    return CallToolResult(content=list(texts), structured_content=whole, is_error=failed)
