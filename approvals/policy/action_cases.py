"""Cases of actions: what an application asks for, on whose behalf, and how that person signed in."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import yaml

from approvals.people.persons import OnBehalf
from approvals.policy import itself
from approvals.policy.acting import Wanted
from approvals.policy.called import arguments as arguments_of
from approvals.policy.called import example, labels_of, typed
from approvals.policy.expecting import OF_ACTION, texts
from approvals.policy.guardrails import SUBJECT
from approvals.policy.model import Action, Parameter, Policy
from approvals.policy.reading.actions import known_claims
from approvals.policy.reading.document import Reader, meant_by, shown
from approvals.policy.reading.keys import TOOL, Keys
from approvals.policy.reading.values import duration
from approvals.policy.tools import Tool
from approvals.targets import ActionCall, Given, ParameterType

CASE = Keys(
    known=(
        "who",
        "action",
        "application",
        "parameters",
        "tool",
        "arguments",
        "claims",
        "signed_in",
        "acr",
        "at",
        *OF_ACTION,
    ),
    required=("who", "action"),
)
_OF_AGENT = {"tool", "arguments", "several"}
Written = Callable[[ParameterType, str], str]
"""The one text of a value as it was typed. Raises `ValueError` with a sentence."""


class ActionCase(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, and what is known of the person beside their address. `signed_in` is how long ago."""

    call: ActionCall
    claims: Mapping[str, tuple[str, ...]]
    acr: str
    signed_in: timedelta | None

    def wanted(self, policy: Policy, person: str, *, now: datetime) -> Wanted:
        """As the application would ask for it now, for this person."""
        since = now - self.signed_in if self.signed_in is not None else None
        found = brought(policy, self.call.application, person, claims=self.claims, acr=self.acr, auth_time=since)
        return Wanted(call=self.call, person=found, asked=now)


def brought(
    policy: Policy,
    application: str,
    person: str,
    *,
    claims: Mapping[str, tuple[str, ...]],
    acr: str,
    auth_time: datetime | None,
) -> OnBehalf:
    """The person as this application would bring them: by the first issuer that it lists, else by its own word."""
    brings = policy.applications[application].brings
    return OnBehalf(
        principal=person,
        proven="token" if brings else "asserted",
        issuer=brings[0].issuer if brings else "",
        claims=claims,
        acr=acr,
        auth_time=auth_time,
    )


def is_of_action(node: yaml.Node) -> bool:
    """Whether a case is one of an action."""
    return isinstance(node, yaml.MappingNode) and any(key.value == "action" for key, _ in node.value)


def action_case(
    reader: Reader, found: Mapping[str, yaml.Node], *, policy: Policy, written: Written
) -> ActionCase | None:
    """Read what a case calls. What the policy does not know is refused where it stands."""
    name = _action(reader, found["action"], policy)
    by = _application(reader, found["application"], policy) if "application" in found else ""
    lasting = duration(reader, found["signed_in"], "signed_in") if "signed_in" in found else None
    acr = reader.string(found["acr"], "acr") if "acr" in found else None
    if not name:
        return None
    action = policy.actions[name]
    given = dict(_given(reader, found["parameters"], action, written)) if "parameters" in found else {}
    claims = dict(_claims(reader, found["claims"], policy, action.application)) if "claims" in found else {}
    parameters = tuple(given[each.name] for each in action.parameters if each.name in given)
    call = ActionCall(
        application=by or action.application,
        action=action.id,
        parameters=_call(reader, found, action, parameters),
    )
    return ActionCase(call=call, claims=claims, acr=acr or "", signed_in=lasting)


def _call(
    reader: Reader, found: Mapping[str, yaml.Node], action: Action, given: tuple[Given, ...]
) -> tuple[Given, ...]:
    """What it is done with: of an agent's action the call that the case has, or one of some tool that fits."""
    if action.tool is None:
        for key in _OF_AGENT & found.keys():
            reader.refuse(
                found[key], "not-an-agent", f"{key} is for actions of agents, and {action.id} is of none"
            )
        return given
    tool = _tool(reader, found["tool"], action.tool) if "tool" in found else action.tool
    arguments = typed(given)
    if "arguments" in found:
        arguments = {**arguments, **_arguments(reader, found["arguments"])}
    return example(tool, labels_of(action.parameters), arguments)


def _tool(reader: Reader, node: yaml.Node, usual: Tool) -> Tool:
    found = reader.mapping(node, "a tool", TOOL)
    if found is None or not reader.required(node, found, "a tool", *TOOL.required):
        return usual
    server, name = reader.string(found["server"], "server"), reader.string(found["name"], "name")
    return usual if server is None or name is None else Tool(server=server, name=name)


def _arguments(reader: Reader, node: yaml.Node) -> Mapping[str, Any]:
    text = reader.string(node, "arguments")
    try:
        return arguments_of(text) if text is not None else {}
    except ValueError as wrong:
        reader.refuse(node, "bad-value", f"arguments: {wrong}")
        return {}


def _action(reader: Reader, node: yaml.Node, policy: Policy) -> str:
    """The action's id; empty where the policy has none, which is noted."""
    name, known = reader.string(node, "action"), policy.actions.keys() - {itself.ACTION}
    if name is None or name in known:
        return name or ""
    text = f"the policy has no action {shown(name)}; {_meant(name, known)}"
    reader.refuse(node, "unknown-action", text)
    return ""


def _application(reader: Reader, node: yaml.Node, policy: Policy) -> str:
    """The application's id; empty where the policy has none, which is noted."""
    name, known = reader.string(node, "application"), policy.applications.keys() - {itself.APPLICATION}
    if name is None or name in known:
        return name or ""
    text = f"the policy has no application {shown(name)}; {_meant(name, known)}"
    reader.refuse(node, "unknown-application", text)
    return ""


def _meant(name: str, known: Collection[str]) -> str:
    return meant_by(name, known) if known else "it has none"


def _given(reader: Reader, node: yaml.Node, action: Action, written: Written) -> Iterator[tuple[str, Given]]:
    known = {each.name: each for each in action.parameters}
    for name, (key, value) in (reader.entries(node, "parameters") or {}).items():
        if name not in known:
            text = f"{action.id} has no parameter {shown(name)}; {_meant(name, known)}"
            reader.refuse(key, "unknown-parameter", text)
            continue
        each = known[name]
        found = _value(reader, value, each, written)
        if found is not None:
            yield name, Given(name=name, label=each.label, type=each.type, value=found)


def _value(reader: Reader, node: yaml.Node, parameter: Parameter, written: Written) -> str | None:
    typed = reader.string(node, parameter.name)
    try:
        return written(parameter.type, typed) if typed is not None else None
    except ValueError as wrong:
        reader.refuse(node, "bad-value", f"{parameter.name}: {wrong}")
        return None


def _claims(
    reader: Reader, node: yaml.Node, policy: Policy, application: str
) -> Iterator[tuple[str, tuple[str, ...]]]:
    known = known_claims(policy.applications.get(application), policy.issuers)
    for name, (key, value) in (reader.entries(node, "claims") or {}).items():
        if name in SUBJECT:
            reader.refuse(key, "unknown-claim", f"{shown(name)} is no claim: it is of the person or the sign-in")
        elif known is not None and name not in known:
            text = f"no issuer whose tokens {application} may bring has a claim {shown(name)}"
            reader.refuse(key, "unknown-claim", f"{text}; {_meant(name, known)}")
        elif isinstance(value, yaml.SequenceNode):
            yield name, texts(reader, value, f"the claim {name}")
        else:
            yield name, (reader.string(value, f"the claim {name}") or "",)
