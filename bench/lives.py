"""What people, an application and an agent do with a service that is measured, one step after the other.

Each life is a row of steps: what it is called, and what does it and returns once the service has done its part.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from approvals.reconcile.posts import Post
from approvals.requests import Request
from bench.bill import Step, until
from chaos import scene
from chaos.documents import Documents
from countersign_client.applications import Application, ToolCall, tool_call
from countersign_client.call_tokens import new_key
from sandbox.app import Sandbox

CALLS = 10
"""Calls that can be taken from a window after the one that opened it."""

PENDING = "5s"
"""How long what nobody decides waits for somebody who does."""

UNDECIDED, MAILED = f"lone-{scene.PROJECTS[0]}", f"staged-{scene.PROJECTS[0]}"
ONE, BUNDLE = f"one-{scene.PROJECTS[0]}", f"bundle-{scene.PROJECTS[0]}"
_SHORT = (UNDECIDED, MAILED)
_ASSISTANT, _CALL, _SHOP, _REFUND = "assistant", "clear", "payments", "refund"
_DEFINITION = f"sha256:{'d' * 64}"


Life = Iterator[Step]


class Lives:
    """Those of people of the sandbox, with the service at `url`, whose records are read beside it."""

    def __init__(self, box: Sandbox, records: Documents, *, url: str) -> None:
        self._box, self._records, self._url = box, records, url
        self._keys = {name: new_key("ES256") for name in (_SHOP, _ASSISTANT)}

    def policy(self) -> str:
        """The policy in which they live. Mail goes where a life says so, however slow the machine is."""
        rules: dict[str, Any] = json.loads(scene.policy("plain"))
        rules["defaults"]["email"] = {"after": "1h"}
        for each in rules["entitlements"]:
            if each["id"] in _SHORT:
                each["pending"] = PENDING
        issuers = [{"id": "staff", "issuer": self._box.oidc_url, "domains": ["example.com"]}]
        return json.dumps(
            rules
            | {
                "issuers": issuers,
                "applications": [self._party(_SHOP, {}), self._party(_ASSISTANT, {"agent": True})],
                "actions": [_action(_REFUND, _SHOP, _SHOWN), _action(_CALL, _ASSISTANT, _TOOL)],
            }
        )

    def given(self, who: str, entitlement: str) -> Life:
        """A request for access, up to the end of that."""
        yield Step("asked", lambda: self._ask(who, entitlement))
        name = self._newest()
        yield Step("approved and given", lambda: self._approve(name, until_="active"))
        yield Step("ended and taken away", lambda: self._end(who, name))

    def undecided(self, who: str, entitlement: str) -> Life:
        """A request until it is expired."""
        yield Step("asked", lambda: self._ask(who, entitlement))
        name = self._newest()
        yield Step(
            "expired", lambda: until(lambda: self._records.request(name).state == "expired", "it is expired")
        )

    def action(self, who: str) -> Life:
        """An action of an application, asked for and done."""
        app = self._program(_SHOP)
        person = self._person(who, _SHOP)
        yield Step("asked", lambda: self._asked(app.ask(_REFUND, on_behalf_of=person, amount=250).id))
        name = self._newest()
        yield Step("approved", lambda: self._approve(name, until_="approved"))
        yield Step("used", lambda: app.consume(name, _REFUND, amount=250))

    def opener(self, who: str) -> Life:
        """An agent's call, approved together with more of the same, and claimed."""
        agent, call = self._program(_ASSISTANT), _call(0)
        person = self._person(who, _ASSISTANT)
        yield Step("asked", lambda: self._asked(agent.ask_tool(call, on_behalf_of=person).id))
        name = self._newest()
        yield Step("approved", lambda: self._approve(name, until_="approved", how="several"))
        yield Step("claimed", lambda: agent.consume_tool(name, call))

    def taken(self, who: str, calls: int) -> Life:
        """So many calls that are taken from a window that stands, each by itself."""
        agent, person = self._program(_ASSISTANT), self._person(who, _ASSISTANT)
        for number in range(1, calls + 1):
            yield Step("asked and claimed", partial(agent.require_tool, _call(number), on_behalf_of=person))

    # --- what they do

    def _ask(self, who: str, entitlement: str) -> None:
        before = set(self._records.ids())
        self._box.slack.command(who, f"/jit request {entitlement} for 1m because INC-1")
        until(lambda: not before.issuperset(self._records.ids()), "it is filed")
        self._asked(self._newest())

    def _asked(self, name: str) -> None:
        until(lambda: _card(self._records, name) is not None, "its card stands")

    def _approve(self, name: str, *, until_: str, how: str = "approve") -> None:
        card = _card(self._records, name)
        assert card is not None, "its card stood"
        assert card.posted is not None, "a card that is drawn stands"
        slack = self._box.slack
        slack.press(scene.APPROVERS[0], how, message=slack.state.kept[card.posted.place, card.posted.ts])
        until(lambda: _stands(self._records.request(name)) == until_, f"it is {until_}")

    def _end(self, who: str, name: str) -> None:
        self._box.slack.command(who, f"/jit end {name}")
        until(lambda: not self._records.holding(), "access is gone")

    def _newest(self) -> str:
        return self._records.ids()[-1]

    def _person(self, who: str, application: str) -> str:
        return self._box.oidc.issuer.id_token(self._box.slack.state.person(who), client=application)

    def _program(self, name: str) -> Application:
        return Application(self._url, name, self._keys[name])

    def _party(self, name: str, more: dict[str, Any]) -> dict[str, Any]:
        brings = [{"issuer": "staff", "audience": name}]
        return {"id": name, "title": name.title(), "keys": [self._keys[name].public()], "brings": brings} | more


_SHOWN = {"show": [{"name": "amount", "label": "Amount", "type": "number"}]}
_TOOL = {"tool": {"server": "crm", "name": "clear"}, "window": {"for": "10m", "uses": 1 + CALLS}}


def _action(name: str, application: str, more: dict[str, Any]) -> dict[str, Any]:
    approval = [{"approvers": ["group:ops"], "needed": 1}]
    asked = {"requesters": ["domain:example.com"], "approval": approval, "use_by": "10m"}
    return {"id": name, "application": application, "title": name.title()} | asked | more


def _call(number: int) -> ToolCall:
    arguments = {"account": f"A-{number}"}
    return tool_call(_CALL, server="crm", name="clear", definition=_DEFINITION, arguments=arguments)


def _card(records: Documents, name: str) -> Post | None:
    """The request's card, once it stands with its buttons."""
    job = records.job(f"request:{name}")
    posts = job.posts.posts if job else {}
    return next((post for key, post in posts.items() if key.startswith("card") and post.drawn), None)


def _stands(request: Request) -> str:
    """How it stands: of access, how all of that does."""
    if request.grants:
        states = {grant.state for grant in request.grants}
        return states.pop() if len(states) == 1 else ""
    return request.state
