"""The actions of a policy: what an application may ask for, with which parameters, and who approves it."""

from collections.abc import Collection, Mapping
from datetime import timedelta

import msgspec
import yaml

from approvals.policy.model import Action, Parameter, Requirement
from approvals.policy.parties import Application, AuthZen, Issuer
from approvals.policy.reading.authzen import authzen, note_same
from approvals.policy.reading.document import Reader, meant_by, shown
from approvals.policy.reading.guardrails import WrittenGuardrail, guardrails
from approvals.policy.reading.keeping import retention
from approvals.policy.reading.keys import ACTION
from approvals.policy.reading.mails import email
from approvals.policy.reading.parameters import LABEL_LENGTH, parameters_of
from approvals.policy.reading.reminders import calling
from approvals.policy.reading.stages import Scope, WrittenStage, listed, named, note_twice, requesters, stages
from approvals.policy.reading.tools import (
    Spoken,
    WrittenTool,
    alone,
    note_shared,
    require_agents,
    require_arguments,
    require_free,
    require_soon,
    tool,
)
from approvals.policy.reading.values import TITLE_LENGTH, duration, text

RISK_LENGTH = 200
MOST_METADATA = 10
METADATA_LENGTH = 200
USE_BY = timedelta(minutes=10)
LONGEST_USE_BY = timedelta(days=1)

CLAIMS = ("type", "groups", "roles", "org", "department")
"""Claims that a guardrail may look at whatever the issuers are: what is absent is no."""


class ActionScope(msgspec.Struct, frozen=True, kw_only=True):
    """What the rest of the policy lends to its actions. `written` has the unsound applications as well."""

    scope: Scope
    pending: timedelta
    issuers: Mapping[str, Issuer]
    applications: Mapping[str, Application]
    written: Collection[str]

    def claims(self, application: str) -> Collection[str] | None:
        """The claims that guardrails of an application's actions may look at; None where nobody can say."""
        return known_claims(self.applications.get(application), self.issuers)


def known_claims(application: Application | None, issuers: Mapping[str, Issuer]) -> Collection[str] | None:
    """The claims that an issuer may say to this application; None where nobody can say which."""
    if application is None or application.may_assert:
        return None
    brought = [issuers[each.issuer] for each in application.brings if each.issuer in issuers]
    return (*CLAIMS, *(name for issuer in brought for name in issuer.claims))


class WrittenAction(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read of an action, sound or not. `action` is None where anything is wrong."""

    action: Action | None
    application: str
    requesters: tuple[str, ...]
    stages: tuple[WrittenStage, ...]
    guardrails: tuple[WrittenGuardrail, ...]
    quiet: yaml.Node | None = None
    tool: WrittenTool = WrittenTool()
    authzen: AuthZen | None = None


def actions(
    reader: Reader, node: yaml.Node, scope: ActionScope, *, lines: dict[str, int]
) -> tuple[WrittenAction, ...]:
    """Read all actions. `lines` has the line of every id that is used already: of entitlements, too."""
    found: list[WrittenAction] = []
    spoken: list[Spoken] = []
    meant: dict[tuple[str, ...], int] = {}
    for item in reader.items(node, "actions") or ():
        fields = reader.mapping(item, "an action", ACTION)
        if fields is None:
            continue
        noted = len(reader.problems)
        written = _action(reader, item, fields, scope)
        note_twice(reader, fields, lines)
        name = str(getattr(fields.get("id"), "value", ""))
        note_shared(reader, written.tool, spoken, application=written.application, action=name)
        note_same(reader, fields, written.authzen, application=written.application, lines=meant)
        sound = len(reader.problems) == noted
        found.append(written if sound else msgspec.structs.replace(written, action=None))
    return tuple(found)


def _action(reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node], scope: ActionScope) -> WrittenAction:
    needed = [key for key in ACTION.required if key != "approval"]
    complete = reader.required(node, fields, "an action", *needed)
    application = _application(reader, fields, scope)
    parameters = parameters_of(reader, fields["show"]) if "show" in fields else ()
    rules = _guardrails(reader, fields, parameters, scope.claims(application))
    found = _stages(reader, fields.get("approval"), scope.scope)
    called = tool(reader, node, fields, scope.applications.get(application))
    if called.tool is not None:
        require_arguments(reader, fields, parameters)
        if not called.agents:
            require_agents(reader, ((each.guardrail, each.node) for each in rules))
    written = WrittenAction(
        action=None,
        application=application,
        requesters=requesters(reader, fields, scope.scope) or (),
        stages=found,
        guardrails=rules,
        quiet=fields.get("quiet"),
        tool=called,
        authzen=authzen(reader, fields["authzen"], parameters) if "authzen" in fields else None,
    )
    name = named(reader, fields)
    title = text(reader, fields["title"], "title", longest=TITLE_LENGTH) if "title" in fields else None
    requirement = _requirement(reader, node, fields.get("approval"), found, called)
    told = calling(reader, fields, scope.scope)
    pending = (duration(reader, fields["pending"], "pending") if "pending" in fields else None) or scope.pending
    if called.node is not None:
        require_soon(reader, fields.get("pending", called.node), pending)
    action = Action(
        id=name or "",
        application=application,
        title=title or "",
        parameters=parameters,
        requesters=written.requesters,
        requirement=requirement or Requirement(kind="stages"),
        guardrails=tuple(each.guardrail for each in rules),
        risk=_risk(reader, fields),
        pending=pending,
        use_by=_use_by(reader, fields.get("use_by")),
        metadata=_metadata(reader, fields["metadata"]) if "metadata" in fields else {},
        tool=called.tool,
        agents=called.agents,
        window=called.window,
        email=email(reader, fields.get("email"), "email"),
        remind=told.remind,
        escalate=told.escalate,
        quiet=told.quiet,
        retention=retention(reader, fields.get("retention"), "retention"),
        authzen=written.authzen,
    )
    whole = complete and application and name and title and requirement and written.requesters
    return msgspec.structs.replace(written, action=action) if whole else written


def _stages(reader: Reader, node: yaml.Node | None, scope: Scope) -> tuple[WrittenStage, ...]:
    found = stages(reader, node, scope)
    for each in found:
        for key in ("order", "not_same"):
            if getattr(each.stage, key):
                reader.refuse(each.node, "not-for-actions", f"{key} is not for actions, only for entitlements")
    return found


def _application(reader: Reader, fields: Mapping[str, yaml.Node], scope: ActionScope) -> str:
    if "application" not in fields:
        return ""
    node = fields["application"]
    value = reader.string(node, "application")
    if value is not None and value not in scope.written:
        hint = meant_by(value, scope.written) if scope.written else "the policy has no applications"
        reader.refuse(node, "unknown-application", f"there is no application {shown(value)}; {hint}")
        return ""
    # What is wrong with the application itself is said there; what may be asked for it is nothing.
    return value or ""


def _guardrails(
    reader: Reader,
    fields: Mapping[str, yaml.Node],
    parameters: tuple[Parameter, ...],
    claims: Collection[str] | None,
) -> tuple[WrittenGuardrail, ...]:
    if "guardrails" not in fields:
        return ()
    return guardrails(reader, fields["guardrails"], parameters=parameters, claims=claims)


def _requirement(
    reader: Reader,
    node: yaml.Node,
    approval: yaml.Node | None,
    found: tuple[WrittenStage, ...],
    called: WrittenTool,
) -> Requirement | None:
    if approval is None:
        reader.refuse(node, "missing-key", "an action needs “approval”: a list of stages")
        return None
    if isinstance(approval, yaml.SequenceNode):
        return listed(
            reader, approval, found, "approval is empty; what nobody needs to approve, a guardrail allows"
        )
    value = approval.value if isinstance(approval, yaml.ScalarNode) else None
    if called.tool is not None and value in ("self", "auto"):
        return alone(reader, approval, value, agents=called.agents)
    if value == "break_glass":
        reader.refuse(approval, "bad-approval", f"{shown(value)} is not for actions, whose approval is used once")
    elif value == "self":
        text = (
            "an action is asked for by a program, so nobody approves their own: write stages, or a guardrail that"
        )
        reader.refuse(approval, "bad-approval", f"{text} allows it")
    else:
        reader.refuse(approval, "bad-approval", "approval of an action is a list of stages")
    return None


def _risk(reader: Reader, fields: Mapping[str, yaml.Node]) -> str:
    return (text(reader, fields["risk"], "risk", longest=RISK_LENGTH) if "risk" in fields else None) or ""


def _use_by(reader: Reader, node: yaml.Node | None) -> timedelta:
    found = duration(reader, node, "use_by") if node is not None else USE_BY
    if node is not None and found is not None and found > LONGEST_USE_BY:
        reader.refuse(node, "bad-duration", "use_by is at most a day: an approval is for what people saw")
        return USE_BY
    return found or USE_BY


def _metadata(reader: Reader, node: yaml.Node) -> Mapping[str, str]:
    entries = list((reader.entries(node, "metadata") or {}).values())
    for key, _ in entries[MOST_METADATA:][:1]:
        reader.refuse(key, "too-many", f"an action has at most {MOST_METADATA} metadata")
    found: dict[str, str] = {}
    for key, value in entries:
        name = text(reader, key, "a name in metadata", longest=LABEL_LENGTH)
        told = text(reader, value, f"metadata.{name}", longest=METADATA_LENGTH)
        if name is not None and told is not None:
            found[name] = told
    require_free(reader, node, found)
    return found
