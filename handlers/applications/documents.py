"""A request for an action as its application gets it."""

from collections.abc import Mapping
from typing import Literal

from approvals.requests import Request, counting
from approvals.showing import shown
from approvals.targets import ActionCall, Given, agent_of
from approvals.times import rfc3339
from countersign_client.shown import SECRET
from handlers.applications.records import ActionRequest, Opened, Outcome, Person, Shown, Taken
from handlers.wire.written import PATH
from handlers.wording.listing import own
from handlers.wording.refusing.refusals import worded
from handlers.wording.text.erased import text_of
from handlers.wording.text.lines import plain

_APPROVAL: Mapping[str, Literal["allow", "self", "window"]] = {
    "allow": "allow",
    "self": "self",
    "window": "window",
}


class Writer:
    """Writes requests. `pages_url` is where the pages are, empty where there are none."""

    def __init__(self, pages_url: str) -> None:
        self._pages_url = pages_url

    def request(self, request: Request) -> ActionRequest:
        """Raises `ValueError` for a request that is for no action."""
        call = _action(request)
        person = request.terms.person
        return ActionRequest(
            id=request.id,
            url=f"{PATH}{request.id}",
            page=f"{self._pages_url}/request/{request.id}" if self._pages_url else "",
            revision=request.revision,
            digest=request.digest,
            version=request.version,
            state=request.state,
            approval=_APPROVAL.get(request.terms.requirement.kind, "people"),
            action=call.action,
            title=request.terms.title,
            application=call.application,
            agent=bool(agent_of(call)),
            parameters=tuple(map(_shown, call.parameters)),
            on_behalf_of=Person(principal=request.requester, proven=person.proven if person else "asserted"),
            filed=rfc3339(request.filed),
            expires=rfc3339(request.terms.expires),
            use_by=rfc3339(request.use_by) if request.use_by is not None else None,
            decision=_outcome(request),
            needs=plain(own(request, program=True)),
            shown=shown(request),
            window=_opened(request),
            within=_taken(request),
            erased=rfc3339(request.erased) if request.erased is not None else None,
        )


def _action(request: Request) -> ActionCall:
    if request.action is None:
        raise ValueError("a request for access is no application's")
    return request.action


def _shown(given: Given) -> Shown:
    text = SECRET if given.type == "secret" else given.value
    return Shown(name=given.name, label=given.label, type=given.type, text=text)


def _opened(request: Request) -> Opened | None:
    """How many calls are left by the record: whether one can be taken is said when it is asked for."""
    found = request.window
    if found is None:
        return None
    left = found.left if counting(request) else 0
    return Opened(until=rfc3339(found.until), uses=found.uses, left=left)


def _taken(request: Request) -> Taken | None:
    found = request.terms.within
    return None if found is None else Taken(request=found.request, number=found.number)


def _outcome(request: Request) -> Outcome | None:
    found = request.decision
    if found is None:
        return None
    return Outcome(
        outcome=found.outcome,
        at=rfc3339(found.at),
        by=found.by,
        reason="" if found.reason in ("", "time") else worded(found.reason),
        comment=text_of(request, found.comment),
    )
