"""A runtime of agents at the applications' doors, which asks for calls of tools on behalf of people."""

from datetime import timedelta
from typing import Any

import msgspec

from approvals.policy.model import Action, Guardrail, Parameter
from approvals.policy.parties import Application, Brings
from approvals.policy.tools import Tool
from approvals.reviews import Verdict
from tests.support.applications import App
from tests.support.counters import AUDIENCE, Counter, Said
from tests.support.refunds import APPROVED_BY_ONE
from tests.support.world import ALICE, BOB, World

DEFINITION = f"sha256:{'d' * 64}"
ARGUMENTS: dict[str, Any] = {"account": "A-17", "amount": 250, "options": {"notify": True, "copies": [1, 2]}}
DELETE = Action(
    id="crm-delete",
    application="assistant",
    title="Delete an account in the CRM",
    tool=Tool(server="crm", name="delete_*"),
    parameters=(Parameter(name="amount", label="Amount", type="number", required=False),),
    requesters=("domain:example.com",),
    requirement=APPROVED_BY_ONE,
    pending=timedelta(hours=4),
)


class Assistant(Counter):
    """The runtime's program at the doors, in a policy that gates what deletes in the CRM."""

    def __init__(self, world: World, *, action: Action = DELETE, **changes: Any) -> None:
        super().__init__(world)
        self.app = App("assistant", now=world.clock)
        brings = (Brings(issuer="staff", audience=(AUDIENCE,)),)
        self.runtime = Application(
            id="assistant", title="Coding assistant", agent=True, keys=(self.app.jwk,), brings=brings
        )
        self.put(action, **changes)

    def put(self, action: Action, **changes: Any) -> None:
        """Let the policy have this action of the agent from now on."""
        rules = self.world.policy
        runtime = msgspec.structs.replace(self.runtime, **changes)
        self.world.policy = msgspec.structs.replace(
            rules,
            applications={**rules.applications, runtime.id: runtime},
            actions={**rules.actions, action.id: action},
        )

    def ruled(self, *guardrails: Guardrail, **changes: Any) -> None:
        """The same action with these guardrails, and changed so."""
        self.put(msgspec.structs.replace(DELETE, guardrails=guardrails, **changes))

    def called(self, **changes: Any) -> dict[str, Any]:
        """The members that say which call it is; a change to None leaves one out."""
        tool = {"server": "crm", "name": "delete_account", "definition": DEFINITION} | changes.pop("named", {})
        good = {"tool": tool, "arguments": ARGUMENTS}
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def asks(self, *, key: str | None = None, who: str = ALICE, **changes: Any) -> Said:
        person = {"token": self.staff.token(who)}
        good = {"action": "crm-delete", "on_behalf_of": person, "join": True, **self.called()}
        body = {name: value for name, value in {**good, **changes}.items() if value is not None}
        return self.post("/v1/requests", body, key=key)

    def uses(self, request_id: str, *, named: str | None = None, **changes: Any) -> Said:
        return self.post(f"/v1/requests/{request_id}/consume", self.called(**changes), key=named)

    def decided(self, request_id: str, verdict: Verdict = "approve", by: str = BOB) -> None:
        self.world.press(by, self.read(request_id), verdict)
