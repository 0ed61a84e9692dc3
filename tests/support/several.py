"""An agent of Alice's at a running service, of whose calls several can be approved at once."""

import json
from typing import Any

from approvals.requests import allows
from sandbox.iap.accounts import google
from sandbox.iap.assertions import assertion
from tests.support.applications import App
from tests.support.callers import Caller, Said
from tests.support.programs import AUDIENCE, Program
from tests.support.running import POLICY, Running

WINDOW = "    window: {for: 30m, uses: 3}\n"
ACTIONS = ("merge", "clear", "settle", "plain")


def rules(app: App) -> str:
    """A policy of which each action has a tool of its own; all but one offer several calls."""
    both = "approvers: ['user:bob@example.com', 'user:carol@example.com']"
    asking = {
        "merge": f"[{{{both}, needed: 1}}]",
        "clear": f"[{{{both}, needed: 2}}]",
        "settle": f"[{{{both}, needed: 1, sign: typed}}]",
        "plain": f"[{{{both}, needed: 1}}]",
    }
    actions = "".join(
        f"""\
  - id: {each}
    application: assistant
    title: Do something in the CRM
    tool: {{server: crm, name: "{each}"}}
    show: [{{name: amount, label: Amount, type: number, required: false}}]
    requesters: ["user:alice@example.com"]
    guardrails: [{{when: 'has(params.amount) && params.amount > 1000.0', then: refuse, reason: Too much}}]
    approval: {asking[each]}
{WINDOW if each != "plain" else ""}"""
        for each in ACTIONS
    )
    return f"""{POLICY}
issuers:
  - {{id: iap, issuer: "https://cloud.google.com/iap"}}
applications:
  - id: assistant
    title: Coding assistant
    agent: true
    may_assert: true
    keys: [{json.dumps(app.jwk)}]
    brings: [{{issuer: iap, audience: {AUDIENCE}}}]
actions:
{actions}"""


class Agent:
    """An agent of Alice's, whose calls all differ."""

    def __init__(self, office: Running, app: App) -> None:
        self.office, self._program = office, Program(office, app)
        self._calls = 0
        self._made: list[str] = []

    def names(self, action: str = "merge", **arguments: Any) -> str:
        """A call for Alice by the agent's own word, for which nobody is asked before she confirms it."""
        said = {"on_behalf_of": {"asserted": {"email": "alice@example.com"}}}
        answer = self._program.post("/v1/requests", self.body(action, **arguments) | said)
        assert answer.status == 201, answer
        self._made.append(answer.json["id"])
        return str(answer.json["id"])

    def asks(self, action: str = "merge", **arguments: Any) -> Said:
        assert self.office.box.iap is not None
        keys, now = self.office.box.iap.gate.keys, self.office.clock.seconds()
        person = {"iap_assertion": assertion(keys, google("alice@example.com"), audience=AUDIENCE, now=now)}
        said = self._program.post("/v1/requests", self.body(action, **arguments) | {"on_behalf_of": person})
        self._made += [said.json["id"]] if said.status == 201 else []
        return said

    def over(self) -> None:
        """Let nothing of what was asked for so far wait, or be open to a later call: Alice ends it."""
        alice = Caller(self.office, "alice@example.com")
        for request in self._made:
            found = self.office.request(request)
            if found.state == "pending":
                assert alice.post(f"/v1/requests/{request}/withdraw").status == 200
            elif allows(found):
                assert alice.post(f"/v1/requests/{request}/end").status == 200
        self._made.clear()

    def uses(self, request: str, action: str = "merge", **arguments: Any) -> Said:
        return self._program.post(f"/v1/requests/{request}/consume", self.body(action, **arguments, sent=True))

    def body(self, action: str, *, sent: bool = False, **arguments: Any) -> dict[str, Any]:
        tool = {"server": "crm", "name": action, "definition": f"sha256:{'d' * 64}"}
        said: dict[str, Any] = {"tool": tool, "arguments": arguments}
        return said if sent else said | {"action": action}

    def asked(self, action: str = "merge") -> str:
        """A call for which people are asked, once they can see that."""
        self._calls += 1
        said = self.asks(action, account=f"A-{self._calls}")
        assert said.status == 201, said
        assert said.json["state"] == "pending", said
        request = str(said.json["id"])
        self.office.card(request, having="deny", by="bob")
        return request
