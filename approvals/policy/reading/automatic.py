"""Approval by a rule of the policy: what must hold, and who is on call."""

from collections.abc import Mapping
from typing import Literal

import yaml

from approvals.policy.access import Auto
from approvals.policy.reading.addresses import address
from approvals.policy.reading.document import Reader
from approvals.policy.reading.keys import AUTO, ON_CALL
from approvals.policy.reading.kinds import rest_of
from approvals.policy.reading.rules import rule
from approvals.policy.reading.stages import Scope
from approvals.policy.reading.values import selector
from approvals.policy.rules import compiled

AUTO_KIND: Literal["auto"] = "auto"
"""What `approval` says of it, and the key that says the rest."""

_ONCALL = "requester.oncall"


def auto(reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node], scope: Scope) -> Auto | None:
    """Read the rule; None where there is none, or something is wrong with it."""
    written = rest_of(reader, node, fields, AUTO_KIND, says="when it approves, and who is on call")
    return None if written is None else _rule(reader, written, scope)


def _rule(reader: Reader, node: yaml.Node, scope: Scope) -> Auto | None:
    found = reader.mapping(node, AUTO_KIND, AUTO)
    if found is None:
        return None
    if not found:
        reader.refuse(node, "missing-key", "auto needs “when” or “oncall”, or it would approve everything")
        return None
    called = _on_call(reader, found["oncall"], scope) if "oncall" in found else ("", "")
    when = rule(reader, found["when"], AUTO_KIND, scope) if "when" in found else _ONCALL
    if called is None or when is None:
        return None
    asks = _ONCALL in compiled(when, AUTO_KIND).named
    if asks and called == ("", ""):
        text = "auto.when asks for requester.oncall, and nothing says who that is: write oncall"
        reader.refuse(node, "missing-key", text)
    if not asks and called != ("", ""):
        text = "auto.when never asks for requester.oncall, so being on call changes nothing"
        reader.refuse(found["oncall"], "bad-value", text)
    return Auto(when=when, group=called[0], ical=called[1])


def _on_call(reader: Reader, node: yaml.Node, scope: Scope) -> tuple[str, str] | None:
    found = reader.mapping(node, "oncall", ON_CALL)
    if found is None:
        return None
    if len(found) != 1:
        reader.refuse(node, "missing-key", "oncall has a group or the address of a calendar (ical), one of both")
        return None
    if "ical" in found:
        url = address(reader, found["ical"], "oncall.ical", query=True)
        return None if url is None else ("", url)
    group = selector(reader, found["group"], "oncall.group", identity=scope.identity, groups=scope.groups)
    if group is not None and not group.startswith("group:"):
        reader.refuse(found["group"], "bad-value", "oncall.group is a group, such as group:oncall@example.com")
        return None
    return None if group is None else (group, "")
