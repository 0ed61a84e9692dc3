"""What a body says is to be done, with all that does not fit said at once."""

from collections.abc import Callable, Sequence

import msgspec

from approvals.policy.model import Action, Parameter
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.reviews import TYPED_LENGTH
from approvals.targets import Given, agent_of
from approvals.uses.errands import Errand
from handlers.applications import tools
from handlers.applications.bodies import Ask, Consume
from handlers.applications.parameters import KEY, bound, given
from handlers.wire.problems import Fault
from handlers.wire.reading import raise_all
from handlers.wording.refusing.fields import too_long

Salt = Callable[[str], str]


def asked(body: Ask, action: Action, *, salt: Salt) -> Errand:
    """What is asked for. Raises `Fault`."""
    long = len(body.reason.strip()) > TYPED_LENGTH
    faults = [Fault(422, "member", too_long(TYPED_LENGTH), field="reason")] if long else []
    if action.tool is not None:
        return tools.asked(body, action, action.tool, faults)
    tools.require_call(body, agent=False)
    return _errand(body, action.id, action.parameters, salt, faults)


def repeated(body: Consume, request: Request, action: Action | None) -> Errand:
    """The errand as it is brought to be used, its secrets salted as they were. Raises `Fault`, or `Refused`.

    What else the action has by now may come: it is another errand then.
    """
    call = request.action
    if call is None:
        raise Refused("action")
    if agent_of(call):
        return tools.repeated(body, request)
    tools.require_call(body, agent=False)
    salts = {each.name: each.salt for each in call.parameters}
    known = {each.name: each for each in (action.parameters if action is not None else ())}
    known |= {each.name: _parameter(each) for each in call.parameters}
    optional = [msgspec.structs.replace(each, required=False) for each in known.values()]
    return _errand(body, call.action, optional, lambda name: salts.get(name, ""), [])


def _parameter(found: Given) -> Parameter:
    return Parameter(name=found.name, label=found.label, type=found.type)


def _errand(
    body: Ask | Consume, action: str, known: Sequence[Parameter], salt: Salt, faults: list[Fault]
) -> Errand:
    parameters: tuple[Given, ...] = ()
    data = ""
    try:
        parameters = given(body.parameters, known, salt=salt)
    except Fault as fault:
        faults += [each for each in fault.all if isinstance(each, Fault)]
    try:
        data = bound(body.data)
    except Fault as fault:
        faults.append(fault)
    if len(body.key) > KEY:
        faults.append(Fault(422, "member", f"The member key is longer than {KEY} characters.", field="key"))
    raise_all(faults)
    return Errand(action=action, parameters=parameters, key=body.key, data=data)
