"""Which action of the policy an evaluation means, and all that such a request binds.

Parameters are those properties of action and resource that have their names.
Whatever else subject, action and resource say is bound as the request's `data`: none of it goes unseen.
"""

from collections.abc import Iterable, Sequence, Set
from typing import Any, cast

import msgspec

from approvals.people.persons import OnBehalf
from approvals.people.principals import IdentityRules
from approvals.policy.model import Action
from approvals.policy.parties import AuthZen
from approvals.refusals.errors import Refused
from approvals.uses.errands import Errand
from countersign_client import shapes
from handlers.applications.authzen import actors, tools
from handlers.applications.authzen.actors import Chain
from handlers.applications.authzen.questions import Members, Question, fault, properties
from handlers.applications.bodies import Ask, Asserted, OnBehalfOf
from handlers.applications.parameters import bound
from handlers.wire.problems import Fault

PEOPLE = ("user", "identity")
"""Types of subjects that are a person: of the Authorization API, and of its binding to MCP (COAZ-MCP)."""

WHY = ("business_justification", "justification")
"""Where a submission's context says why, the first of them that is there."""

_NO_PERSON = f"The subject is no person: its type is {' or '.join(PEOPLE)} where it is one."
_ANOTHER = "The subject is another person than the one who is proven."


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """What a question means here. `members` of its context are bound.

    `data` is what a call of a tool binds besides, as canonical JSON: its body has no place for it.
    """

    body: Ask
    members: tuple[str, ...] = ()
    data: str = ""

    def bound(self, errand: Errand) -> Errand:
        """The errand that a body was read as, with all that is bound."""
        return msgspec.structs.replace(errand, data=self.data) if self.data else errand


def mapped(actions: Iterable[Action]) -> bool:
    """Whether any action is meant by an evaluation."""
    return any(each.authzen is not None or each.tool is not None for each in actions)


def meant(actions: Sequence[Action], found: Question, chain: Chain) -> Meant:
    """What is asked for, of these actions. Raises `Refused` with code `action` where none is meant, or `Fault`."""
    wanted = (found.action["name"], found.resource["type"])
    for each in actions:
        if each.authzen is not None and (each.authzen.action, each.authzen.resource) == wanted:
            return _act(each, each.authzen, found, chain)
    if tools.is_call(found):
        return _call(actions, found, chain)
    raise Refused("action")


def _act(action: Action, mapping: AuthZen, found: Question, chain: Chain) -> Meant:
    names = {each.name for each in action.parameters} - {mapping.id}
    theirs, own = properties(found.resource), properties(found.action)
    for name in names & set(own) & set(theirs):
        raise fault(f"resource.properties.{name}", "This stands in action.properties as well: say it once.")
    context = {name: found.context[name] for name in mapping.context if name in found.context}
    data = {**_besides(found, names, names), "context": context, **actors.bound(chain)}
    own_id = {mapping.id: found.resource["id"]} if mapping.id else {}
    body = Ask(
        action=action.id,
        on_behalf_of=_behalf(found),
        parameters={name: value for name, value in {**theirs, **own}.items() if name in names} | own_id,
        key="" if mapping.id else found.resource["id"],
        data={name: value for name, value in data.items() if value} or None,
        reason=_reason(found.context),
    )
    return Meant(body=body, members=mapping.context)


def _call(actions: Sequence[Action], found: Question, chain: Chain) -> Meant:
    action, tool = tools.called(actions, found)
    body = Ask(
        action=action.id,
        on_behalf_of=_behalf(found),
        tool=tool,
        arguments=tools.arguments(found),
        reason=_reason(found.context),
    )
    data = {**_besides(found, tools.OF_ACTION, tools.OF_RESOURCE), **actors.bound(chain)}
    return Meant(body=body, data=bound({name: value for name, value in data.items() if value}))


def _besides(found: Question, of_action: Set[str], of_resource: Set[str]) -> dict[str, Any]:
    """What subject, action and resource say besides, of which nothing was made."""
    return {
        "subject": _rest(found.subject, ("type", "id"), {"act"}),
        "action": _rest(found.action, ("name",), of_action),
        "resource": _rest(found.resource, ("type", "id"), of_resource),
    }


def require_about(rules: IdentityRules, found: Question, person: OnBehalf) -> None:
    """Raise `Refused` unless this person is the subject, by their address or by what their issuer calls them."""
    subject = found.subject["id"]
    if found.subject["type"] not in PEOPLE:
        raise Fault(403, "subject", _NO_PERSON)
    if person.subject and subject == person.subject:
        return
    try:
        same = rules.primary(subject) == rules.primary(person.principal)
    except Refused:
        same = False
    if not same:
        raise Fault(403, "subject", _ANOTHER)


def _rest(part: Members, known: tuple[str, ...], taken: Set[str]) -> Members:
    """What a part says besides: members that are not known, and properties that nothing was made of."""
    own = {name: value for name, value in part.items() if name not in (*known, "properties")}
    said = {name: value for name, value in properties(part).items() if name not in taken}
    return own | ({"properties": said} if said else {})


def _behalf(found: Question) -> OnBehalfOf:
    """As `context.on_behalf_of` proves it; else by the application's word, with what it says of the subject."""
    proof = found.context.get("on_behalf_of")
    if proof is None:
        claims = {name: value for name, value in properties(found.subject).items() if name != "act"}
        return OnBehalfOf(asserted=Asserted(email=found.subject["id"], claims=cast("Any", claims)))
    try:
        return shapes.convert(proof, OnBehalfOf)
    except msgspec.ValidationError:
        said = "The member context.on_behalf_of says exactly one of token, iap_assertion and asserted."
        raise fault("context.on_behalf_of", said) from None


def _reason(context: Members) -> str:
    for name in WHY:
        if name in context:
            if not isinstance(context[name], str):
                raise fault(f"context.{name}", f"The member context.{name} must be a text.")
            return str(context[name])
    return ""
