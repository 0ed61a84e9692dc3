"""What applications may ask for, as administrators read it. Of what is secret nothing stands here."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import msgspec

from approvals.policy import itself
from approvals.policy.model import Action, Guardrail, Parameter, Policy, Requirement, Then
from approvals.policy.model import approvers as approvers_of
from approvals.policy.parties import Application, AuthZen, Brings
from approvals.policy.selectors import local_group
from approvals.policy.tools import Tool
from approvals.policy.words import ALONE, requirement_in_words, selector_in_words, selectors_in_words
from approvals.times import in_words
from handlers.wording import several
from handlers.wording.text.lines import Code, Fact, Line, joined


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """An action: what it needs, what it is asked with, and by which rules of the policy it is let through or not.

    `guardrails` stand in the order in which they win, and `unguarded` is said where there are none. `groups` are
    those of the approvers that the policy lists.
    """

    id: str
    title: str
    facts: tuple[Fact, ...]
    parameters: tuple[Line, ...]
    guardrails: tuple[Line, ...]
    unguarded: str
    groups: tuple[Fact, ...]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An application, and what it may ask for."""

    id: str
    title: str
    facts: tuple[Fact, ...]
    actions: tuple[Offered, ...]


_WINS: tuple[Then, ...] = ("refuse", "step_up", "require_approval", "allow")
_TYPES: Mapping[str, str] = {
    "string": "a text",
    "money": "money",
    "number": "a number",
    "time": "a time",
    "secret": "a secret, of which only a salted digest is kept",
}


def applications(policy: Policy) -> tuple[Known, ...]:
    """Say of every application who it is, and what it may ask for."""
    return tuple(
        Known(
            id=each.id,
            title=each.title,
            facts=tuple(_about(policy, each)),
            actions=tuple(
                _offered(policy, action) for action in policy.actions.values() if action.application == each.id
            ),
        )
        for each in policy.applications.values()
    )


_ITSELF = "this service, by itself: it has no key, and nobody else can ask as it"
_ASKED = (
    ("The digests of the new policy and of the one in force",),
    ("The file from which it was read",),
    ("Every difference between the two in words, a line each",),
)
"""What the service asks with. The policy lists none of it, for there are as many as there are differences."""


def _about(policy: Policy, found: Application) -> Iterable[Fact]:
    if found.id == itself.APPLICATION:
        yield Fact(label="Who asks", value=(_ITSELF,))
        return
    if found.agent:
        yield Fact(label="What it is", value=("a runtime of agents, which asks for calls of tools",))
    yield Fact(label="Signs with", value=_keys(found))
    yield Fact(label="Speaks for", value=_people(policy, found))
    yield Fact(label="Webhook", value=_webhook(found))


def _keys(found: Application) -> Line:
    if found.jwks_uri:
        return ("the keys at ", Code(_bare(found.jwks_uri)))
    if not found.keys:
        return ("no key: nothing counts",)
    number = f"{len(found.keys)} key{'s' if len(found.keys) > 1 else ''}: "
    return (number, *joined(((Code(str(key.get("kid", ""))),) for key in found.keys), ", "))


def _people(policy: Policy, found: Application) -> Line:
    said = [_vouched(policy, each) for each in found.brings]
    if found.may_assert:
        said.append(("people whom it names itself, and who confirm it themselves",))
    return joined(said, "; ") if said else ("nobody",)


def _vouched(policy: Policy, brings: Brings) -> Line:
    issuer = policy.issuers.get(brings.issuer)
    who: Line = (Code(brings.issuer), *((" (", issuer.issuer, ")") if issuer is not None else ()))
    by = f", by the client {' or '.join(brings.azp)}" if brings.azp else ""
    return ("people whom ", *who, f" vouches for in tokens for {' or '.join(brings.audience)}{by}")


def _webhook(found: Application) -> Line:
    if not found.webhook:
        return ("none",)
    signed = "the service's own key and a shared secret" if found.webhook_secret else "the service's own key"
    return (Code(_bare(found.webhook)), f", signed by {signed}")


def _bare(url: str) -> str:
    """An address without what may be secret in it: whoever is named in it, and its query."""
    found = urlsplit(url)
    return f"{found.scheme}://{found.netloc.rpartition('@')[2]}{found.path}{'?…' if found.query else ''}"


def _offered(policy: Policy, action: Action) -> Offered:
    return Offered(
        id=action.id,
        title=action.title,
        facts=tuple(_needs(action)),
        parameters=_ASKED if action.id == itself.ACTION else asked_with(action),
        guardrails=guardrails(action),
        unguarded=_UNGUARDED.get(action.requirement.kind, "None: it always needs its approvers."),
        groups=tuple(_groups(policy, action.requirement)),
    )


def _needs(action: Action) -> Iterable[Fact]:
    signs = any(stage.sign for stage in action.requirement.stages)
    kind = action.requirement.kind
    if action.tool is not None:
        yield Fact(label="Tools", value=calls_of(action.tool))
    if kind != "allow":
        yield Fact(label="How", value=("Sign and approve" if signs else "Approve",))
    yield Fact(
        label="Approvers", value=(_APPROVERS.get(kind) or ", ".join(requirement_in_words(action.requirement)),)
    )
    if action.window is not None:
        yield Fact(label="Several at once", value=several.explained(action))
    whom = "whoever wrote the file, and nobody knows who that is" if action.id == itself.ACTION else None
    yield Fact(label="For", value=(whom or selectors_in_words(action.requesters),))
    if action.risk:
        yield Fact(label="Risk", value=(action.risk,))
    waits, used = in_words(action.pending), in_words(action.use_by)
    yield Fact(label="Time", value=(f"{waits} to decide, then {used} to use it once",))
    for name, text in action.metadata.items():
        yield Fact(label=name, value=(text,))
    if action.authzen is not None:
        yield Fact(label="AuthZEN", value=_authzen(action.authzen))


def calls_of(tool: Tool) -> Line:
    """Say which tools an action is for: a star stands for anything."""
    return ("calls of ", Code(tool.name), " of ", Code(tool.server))


def _authzen(found: AuthZen) -> Line:
    """By which names enforcement points ask for an action."""
    key: Line = ("the parameter ", Code(found.id)) if found.id else ("its key",)
    said: Line = (
        "action ",
        Code(found.action),
        " on a resource of type ",
        Code(found.resource),
        ", whose id is ",
        *key,
    )
    bound = joined(((Code(each),) for each in found.context), ", ")
    return (*said, "; of the context it binds ", *bound) if found.context else said


def asked_with(action: Action) -> tuple[Line, ...]:
    """Say what an action is done with; of a call of a tool that is more than the policy names."""
    named = tuple(map(parameter, action.parameters))
    if action.tool is None:
        return named
    return (*named, (f"every {'other ' if named else ''}argument of the call, by its own name",), _CALLED)


_CALLED: Line = ("the server, the tool, and the digest of the tool's definition",)
_APPROVERS = {"self": "whoever the agent asks for, and nobody else", "allow": ALONE}
_UNGUARDED = {"self": "None: it always needs that person's press.", "allow": "None: it is always allowed."}


def parameter(found: Parameter) -> Line:
    """Say what an action is done with."""
    rest = "" if found.required else "; it may be left out"
    return (found.label, " (", Code(found.name), f"): {_TYPES[found.type]}{rest}")


def guardrails(action: Action) -> tuple[Line, ...]:
    """Say what each guardrail does, in the order in which they win."""
    return tuple(_guardrail(each) for each in sorted(action.guardrails, key=_place))


def _place(guardrail: Guardrail) -> int:
    return _WINS.index(guardrail.then)


def _guardrail(found: Guardrail) -> Line:
    why: Line = (f": {found.reason}",) if found.reason else ()
    return (f"{_effect(found)} where ", Code(found.when), *why)


def _effect(found: Guardrail) -> str:
    match found.then:
        case "refuse":
            return "Refused"
        case "step_up":
            return f"Needs a new sign-in{_sign_in(found)}"
        case "require_approval":
            return "Needs the approval above"
        case "allow":
            return "Allowed without anybody's approval"


def _sign_in(found: Guardrail) -> str:
    level = f" of the level {' or '.join(found.acr)}" if found.acr else ""
    age = f", at most {in_words(timedelta(seconds=found.max_age))} old" if found.max_age is not None else ""
    return f"{level}{age}"


def _groups(policy: Policy, requirement: Requirement) -> Iterable[Fact]:
    """Who is in the policy's own groups of approvers. Whom a directory's hold, the directory says."""
    for selector in approvers_of(requirement.stages):
        name = local_group(selector)
        if name:
            members = map(selector_in_words, policy.groups.get(name, ()))
            yield Fact(label=name, value=(", ".join(members) or "nobody",))
