"""Looking: what an application may ask for, and its requests. Nothing here changes anything."""

from datetime import datetime
from typing import cast

from approvals.ids import is_request_id
from approvals.policy.model import Action
from approvals.ports.store import Position
from approvals.requests import State, undecided
from approvals.uses import Uses
from handlers.applications.calls import Asked
from handlers.applications.documents import Writer
from handlers.applications.operations import MOST, STATES, USUAL, VERSIONS
from handlers.applications.records import Actions, KnownAction, KnownParameter, Listed
from handlers.wire.polls import LONGEST
from handlers.wire.problems import Fault
from handlers.wire.query import after, cursor, require_known, whole_number
from handlers.wire.written import About, Reply


class Looking:
    """Answers every GET."""

    def __init__(self, uses: Uses, writer: Writer) -> None:
        self._acting = uses.acting
        self._writer = writer

    def actions(self, asked: Asked) -> Reply:
        """What the application may ask for, in the policy's order."""
        require_known(asked.query)
        return Reply(body=Actions(items=tuple(map(_known, self._acting.actions(asked.caller)))))

    def requests(self, asked: Asked) -> Reply:
        """The application's own, the newest first."""
        require_known(asked.query, "state", "cursor", "limit")
        state = asked.query.get("state")
        if state is not None and state not in STATES:
            raise Fault(400, "query", f"state is one of {', '.join(STATES)}.", field="state")
        most = whole_number(asked.query, "limit", most=MOST, least=1, usual=USUAL)
        before = _position(after(asked.query))
        found = self._acting.listed(asked.caller, state=cast("State | None", state), before=before, most=most)
        items = tuple(map(self._writer.request, found.requests))
        return Reply(body=Listed(items=items, next=_cursor(found.older)))

    def request(self, asked: Asked) -> Reply:
        """One of the application's. Raises `NotFound` of any other."""
        require_known(asked.query, "wait", "since")
        whole_number(asked.query, "wait", most=LONGEST)
        whole_number(asked.query, "since", most=VERSIONS)
        request = self._acting.look(asked.caller, asked.rest[0])
        about = About(request=request.id, version=request.version, waits=undecided(request))
        return Reply(body=self._writer.request(request), about=about)


def _cursor(found: Position | None) -> str | None:
    return None if found is None else cursor(f"{found.filed.isoformat()} {found.request}")


def _position(text: str) -> Position | None:
    if not text:
        return None
    filed, _, request = text.partition(" ")
    try:
        moment = datetime.fromisoformat(filed)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not is_request_id(request):
        raise Fault(400, "query", "cursor is what an answer before called next.", field="cursor")
    return Position(filed=moment, request=request)


def _known(found: Action) -> KnownAction:
    return KnownAction(
        id=found.id,
        title=found.title,
        type="sign_and_approve" if any(stage.sign for stage in found.requirement.stages) else "approve",
        parameters=tuple(
            KnownParameter(name=each.name, label=each.label, type=each.type, required=each.required)
            for each in found.parameters
        ),
        risk=found.risk,
        pending=int(found.pending.total_seconds()),
        use_by=int(found.use_by.total_seconds()),
    )
