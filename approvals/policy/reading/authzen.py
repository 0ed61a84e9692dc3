"""Which evaluations of OpenID AuthZEN mean an action: the policy says it, for no standard does."""

from collections.abc import Mapping, Sequence

import yaml

from approvals.policy.model import Parameter
from approvals.policy.parties import AuthZen
from approvals.policy.reading.document import Reader, meant_by, shown
from approvals.policy.reading.keys import AUTHZEN
from approvals.policy.reading.values import each_text, shaped

WORD = r"[!-~]{1,100}"
"""The name of an action, the type of a resource, or a member of a context."""

OWN = ("access_request", "approval", "evaluated_at", "evaluation_id", "on_behalf_of", "reason")
"""Members of a context that are no part of what is asked for: the protocol itself, or who the person is."""

MOST_CONTEXT = 10
_HINT = "at most 100 characters of ASCII without blanks"


def authzen(reader: Reader, node: yaml.Node, parameters: Sequence[Parameter]) -> AuthZen | None:
    """Read what an action is called there. `parameters` are the action's own."""
    fields = reader.mapping(node, "authzen", AUTHZEN)
    if fields is None or not reader.required(node, fields, "authzen", *AUTHZEN.required):
        return None
    action, resource = (_word(reader, fields[name], f"authzen.{name}") for name in AUTHZEN.required)
    if action is None or resource is None:
        return None
    return AuthZen(
        action=action,
        resource=resource,
        id=_parameter(reader, fields["id"], parameters) if "id" in fields else "",
        context=_context(reader, fields["context"]) if "context" in fields else (),
    )


def note_same(
    reader: Reader,
    fields: Mapping[str, yaml.Node],
    found: AuthZen | None,
    *,
    application: str,
    lines: dict[tuple[str, ...], int],
) -> None:
    """Refuse what would mean two actions of one application. `lines` has what is meant by those before."""
    if found is None:
        return
    node, meant = fields["authzen"], (application, found.action, found.resource)
    if meant in lines:
        text = (
            f"{shown(found.action)} of a {shown(found.resource)} means the action of line {lines[meant]} already"
        )
        reader.refuse(node, "authzen-twice", text)
    lines.setdefault(meant, node.start_mark.line + 1)


def _word(reader: Reader, node: yaml.Node, what: str) -> str | None:
    return shaped(reader, node, what, pattern=WORD, code="bad-value", hint=_HINT)


def _parameter(reader: Reader, node: yaml.Node, parameters: Sequence[Parameter]) -> str:
    value = reader.string(node, "authzen.id")
    names = [each.name for each in parameters if each.type == "string"]
    if value is not None and value not in names:
        hint = meant_by(value, names) if names else "the action shows none"
        reader.refuse(node, "bad-value", f"authzen.id names a parameter of the type string: {hint}")
        return ""
    return value or ""


def _context(reader: Reader, node: yaml.Node) -> tuple[str, ...]:
    found = each_text(reader, node, "authzen.context", pattern=WORD, code="bad-value", hint=_HINT)
    if len(found) > MOST_CONTEXT:
        reader.refuse(node, "too-many", f"authzen.context names at most {MOST_CONTEXT} members")
    for each in found:
        if each in OWN:
            text = f"{shown(each)} is no part of what is asked for, so nothing is bound to it"
            reader.refuse(node, "bad-value", text)
    return found
