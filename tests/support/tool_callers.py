"""Agents that ask the core for calls of tools, without a door: for machines, and for processes of their own."""

from datetime import timedelta
from typing import Any

import msgspec

from approvals.people.persons import OnBehalf
from approvals.policy.called import called
from approvals.policy.model import Action
from approvals.policy.parties import Application, Brings
from approvals.policy.tools import CallWindow
from approvals.requests import Request
from approvals.uses.errands import Errand
from approvals.uses.votes import Press, Voted
from tests.support.agents import DELETE
from tests.support.builders import PERSON
from tests.support.refunds import Speaker, with_actions
from tests.support.world import BOB, World

AGENTS = ("assistant", "another")
DEFINITIONS = tuple(f"sha256:{letter * 64}" for letter in "de")
WINDOW = CallWindow(lasts=timedelta(minutes=10), uses=3)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Which call of which tool, by which agent and for whom. `number` is its one argument."""

    number: int
    agent: str = "assistant"
    definition: str = DEFINITIONS[0]
    tool: str = "delete_account"
    data: str = ""
    person: OnBehalf = PERSON

    @property
    def errand(self) -> Errand:
        made = called(
            {},
            server="crm",
            name=self.tool,
            definition=self.definition,
            arguments={"number": self.number},
        )
        return Errand(action=f"{self.agent}-delete", parameters=made, data=self.data)

    @property
    def bound(self) -> tuple[str, ...]:
        """What a window is for: all of the call but its arguments."""
        return (self.agent, self.definition, self.tool, self.data, self.person.principal)


class ToolCallers:
    """Two runtimes of agents, which may ask for the same tool of one server."""

    def __init__(self, world: World, *, window: CallWindow | None = WINDOW) -> None:
        self.world = world
        self._before = world.policy
        self._keys = 0
        brings = (Brings(issuer="staff", audience=("agents",)),)
        self._shops = {
            each: Application(id=each, title=each, agent=True, may_assert=True, brings=brings) for each in AGENTS
        }
        self.offering(window)

    def offering(self, window: CallWindow | None, **changes: Any) -> "ToolCallers":
        """Let the policy offer this window from now on."""
        actions = {each.id: each for each in (self._action(name, window, changes) for name in AGENTS)}
        self.world.policy = with_actions(self._before, applications=self._shops, actions=actions)
        return self

    def _action(self, agent: str, window: CallWindow | None, changes: dict[str, Any]) -> Action:
        return msgspec.structs.replace(
            DELETE, id=f"{agent}-delete", application=agent, parameters=(), window=window, **changes
        )

    def ask(self, call: Call, *, key: str = "", join: bool = False, use: str = "") -> Request:
        self._keys += 1
        return self.world.uses.acting.ask(
            self._speaker(call),
            call.errand,
            call.person,
            key=key or f"call {self._keys}",
            join=join,
            use=use,
            now=self.world.clock(),
        )

    def use(self, request: Request, call: Call, *, key: str = "use 1") -> Request:
        return self.world.uses.acting.consume(
            self._speaker(call), request.id, call.errand, key=key, now=self.world.clock()
        )

    def approve(self, request: Request, by: str = BOB, *, several: bool = True) -> Voted:
        token = self.world.tokens.mint(request, act="review", now=self.world.clock())
        press = Press(token=token, verdict="approve", window=several)
        return self.world.uses.deciding.review(self.world.identity(by), press, now=self.world.clock())

    def deny(self, request: Request, by: str = BOB) -> Voted:
        token = self.world.tokens.mint(request, act="review", now=self.world.clock())
        press = Press(token=token, verdict="deny", comment="Not like this.")
        return self.world.uses.deciding.review(self.world.identity(by), press, now=self.world.clock())

    def _speaker(self, call: Call) -> Speaker:
        return Speaker(self._shops[call.agent])
