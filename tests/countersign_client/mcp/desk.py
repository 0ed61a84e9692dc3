"""A desk in memory that decides calls of tools: what holding needs of a client, with answers that get lost."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

from countersign_client.applications import errors, refusals
from countersign_client.applications.answers import Asked, Behalf, Said
from countersign_client.applications.toolcalls import KnownTool, Pattern, ToolCall, tool_call
from countersign_client.applications.values import Person

ALICE, BOB = "alice@example.com", "bob@example.com"
CALL = tool_call(
    "crm-delete",
    server="crm",
    name="delete_account",
    definition={"name": "delete_account"},
    arguments={"id": "4711", "cascade": True},
)


def changed(**arguments: Any) -> ToolCall:
    """The same call, with other arguments."""
    made = {"server": CALL.server, "name": CALL.name, "definition": CALL.definition}
    return tool_call(CALL.action, arguments=CALL.values | arguments, **made)


T = TypeVar("T")


class Proof(NamedTuple):
    """What a receipt allows, as far as a desk makes one."""

    text: str
    parameters: Mapping[str, Any]
    receipt: Any


class Desk:
    """Files, decides and lets use once. `lost` answers get lost from now on, after what was asked is done."""

    def __init__(self) -> None:
        self.requests: dict[str, Asked] = {}
        self.calls: dict[str, ToolCall] = {}
        self.uses: dict[str, str] = {}
        self.lost = 0
        self.allows = False
        self.silent = False
        self.strangers: dict[str, str] = {}
        self.reached = asyncio.Event()
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        """What happens while a claim is on its way, after it counts."""

    # --- what people do

    def decide(self, state: str, request: str = "") -> str:
        """Approve, deny and so on, the last request where none is named."""
        request = request or list(self.requests)[-1]
        self._put(request, state)
        return request

    # --- what a client does

    async def ask_tool(self, call: ToolCall, *, on_behalf_of: Person, **_: Any) -> Asked:
        who = Behalf(principal=str(on_behalf_of))
        for asked in self.requests.values():
            same = self.calls[asked.id] == call and asked.on_behalf_of == who
            if same and asked.state in ("pending", "approved"):
                return await self._sent(asked)
        request = f"r-{len(self.requests):010}"
        self.calls[request] = call
        self.requests[request] = Asked(
            told={},
            id=request,
            state="approved" if self.allows else "pending",
            page=f"https://pages.example.com/request/{request}",
            action=call.action,
            agent=True,
            parameters=tuple(Said(name=name, text=text) for name, text in call.covered().items()),
            on_behalf_of=who,
            needs="Waits for Bob.",
            filed="2026-11-28T10:00:00Z",
            expires="2026-11-28T11:00:00Z",
        )
        return await self._sent(self.requests[request])

    async def consume_tool(self, request: str, call: ToolCall, *, idempotency_key: str = "") -> Proof:
        asked = self.requests[request]
        if call != self.calls[request]:
            raise errors.Refused("This is not what was asked for", code="parameters", request_id=request)
        if asked.state == "approved":
            self._put(request, "used")
            self.uses[request] = idempotency_key
        elif asked.state != "used":
            raise refusals.ended(asked)
        elif self.uses[request] != idempotency_key:
            raise errors.Used("Used before", code="used", request_id=request)
        if self.meanwhile is not None:
            await self.meanwhile()
        used = SimpleNamespace(used=SimpleNamespace(at="2026-11-28T10:05:00Z"))
        text = f"receipt of {request} by {idempotency_key}"
        return await self._sent(Proof(text, self.calls[request].values, used))

    async def look(self, request: str) -> Asked:
        if request not in self.requests:
            raise errors.Refused("There is no such request", code="not_found")
        return await self._sent(self.requests[request])

    async def wait(self, request: str, *, timeout: float) -> Asked:
        asked = await self.look(request)
        if asked.state == "pending":
            raise errors.Pending("Nobody has decided yet", request_id=request)
        return asked

    async def withdraw(self, request: str, **_: Any) -> Asked:
        self._put(request, "withdrawn")
        return await self._sent(self.requests[request])

    async def tools(self) -> tuple[KnownTool, ...]:
        tool = Pattern(server="crm", name="delete_*")
        return (KnownTool(action="crm-delete", tool=tool, title="Delete an account in the CRM"),)

    async def who(self, on_behalf_of: Person) -> Behalf:
        """A token is the address of whom it is about; one that is none proves nobody."""
        said = str(on_behalf_of)
        if "@" not in said:
            code = self.strangers.get(said, "token")
            raise (
                errors.Unreachable("No answer")
                if code == "down"
                else errors.Refused(f"Not you: {said}", code=code)
            )
        return Behalf(principal=said)

    def _put(self, request: str, state: str) -> None:
        told: Mapping[str, Any] = {"at": "2026-11-28T10:04:00Z", "by": [BOB]}
        fields = {name: getattr(self.requests[request], name) for name in Asked.__struct_fields__}
        self.requests[request] = Asked(**{**fields, "state": state, "decision": told})

    async def _sent(self, answer: T) -> T:
        self.reached.set()
        if self.silent:
            await asyncio.Event().wait()
        if self.lost:
            self.lost -= 1
            raise errors.Unreachable("Countersign gives no whole answer")
        return answer
