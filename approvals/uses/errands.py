"""An errand: what an application is to do, held against what was asked for."""

import msgspec

from approvals.policy.acting import differing
from approvals.refusals.errors import NotFound, Refused
from approvals.requests import Request
from approvals.targets import Given


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What an application is to do: an action with its parameters, and what it binds besides.

    `key` is its own name for what it acts on, `data` canonical JSON; both may be empty.
    """

    action: str
    parameters: tuple[Given, ...] = ()
    key: str = ""
    data: str = ""


def require_same(request: Request, errand: Errand) -> None:
    """Raise `Refused` with the names of what is not as it was asked for."""
    call = request.action
    if call is None:
        raise NotFound("no action")
    besides = [name for name in ("action", "key", "data") if getattr(call, name) != getattr(errand, name)]
    names = (*differing(call.parameters, errand.parameters), *besides)
    if names:
        raise Refused("parameters.differ", names=names)
