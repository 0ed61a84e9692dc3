"""Looking: what an application may ask for, and its requests. Nothing here changes anything."""

from typing import cast

from approvals.policy.model import Action
from approvals.requests import State, undecided
from approvals.uses import Uses
from handlers.applications.calls import Asked
from handlers.applications.documents import Writer
from handlers.applications.operations import MOST, STATES, USUAL, VERSIONS
from handlers.applications.records import Actions, KnownAction, KnownParameter, KnownTool, KnownWindow, Listed
from handlers.wire.polls import LONGEST
from handlers.wire.problems import Fault
from handlers.wire.query import older, place, require_known, whole_number
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
        before = place(asked.query)
        found = self._acting.listed(asked.caller, state=cast("State | None", state), before=before, most=most)
        items = tuple(map(self._writer.request, found.requests))
        return Reply(body=Listed(items=items, next=older(found.older)))

    def request(self, asked: Asked) -> Reply:
        """One of the application's. Raises `NotFound` of any other."""
        require_known(asked.query, "wait", "since")
        whole_number(asked.query, "wait", most=LONGEST)
        whole_number(asked.query, "since", most=VERSIONS)
        request = self._acting.look(asked.caller, asked.rest[0])
        about = About(request=request.id, version=request.version, waits=undecided(request))
        return Reply(body=self._writer.request(request), about=about)


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
        tool=KnownTool(server=found.tool.server, name=found.tool.name) if found.tool is not None else None,
        window=_window(found),
    )


def _window(found: Action) -> KnownWindow | None:
    offered = found.window
    return None if offered is None else KnownWindow(seconds=int(offered.lasts.total_seconds()), uses=offered.uses)
