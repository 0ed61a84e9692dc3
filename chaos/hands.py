"""An agent that asks for calls of a tool by `/v1`, and claims them where they are approved."""

import random
import time
from collections import Counter
from threading import Event

from chaos import uses
from chaos.assistant import ACTION, ID, Assistant
from chaos.front import SERVER
from chaos.upstream import NAME, TOOL
from chaos.uses import Told
from countersign_client.applications import Application
from countersign_client.applications.errors import NotAllowed, Unreachable
from countersign_client.applications.toolcalls import ToolCall, tool_call


class Hand:
    """One of them. `over`: no further call is begun. `asked` and `told` are what it was answered."""

    def __init__(self, number: int, assistant: Assistant, *, seed: int, over: Event) -> None:
        self._number, self._assistant, self.over = number, assistant, over
        self._dice = random.Random(f"{seed}/hand {number}")  # noqa: S311 - to be replayed, not to be secret
        self.asked: set[str] = set()
        self.told: list[Told] = []
        self.counts: Counter[str] = Counter()

    def play(self) -> None:
        """Ask for calls, and claim them once they are approved; what was begun is brought to its end."""
        app = Application(self._assistant.url, ID, self._assistant.key)
        open_: list[tuple[ToolCall, str]] = []
        made = 0
        while not self.over.is_set():
            if len(open_) < 3:
                arguments = {"account": f"V-{self._number}-{made}", "milliseconds": 0}
                made += 1
                call = tool_call(ACTION, server=SERVER, name=NAME, definition=TOOL, arguments=arguments)
                open_.append((call, self._assistant.person(self._dice)))
            call, person = open_.pop(0)
            try:
                if not self._went_on(app, call, person):
                    open_.append((call, person))
            except Unreachable:
                open_.append((call, person))
            except NotAllowed as no:
                self.counts[f"agents: {type(no).__name__}"] += 1
            time.sleep(0.1)

    def _went_on(self, app: Application, call: ToolCall, person: str) -> bool:
        """Whether the call is done with. One that was denied is claimed all the same."""
        asked = app.ask_tool(call, on_behalf_of=person)
        self.asked.add(asked.id)
        if asked.state not in ("approved", "denied"):
            return asked.state != "pending"
        changed = self._dice.random() < 0.1
        wanted = call._replace(text=call.text.replace("V-", "W-")) if changed else call
        key = f"{asked.id}-{'changed' if changed else 'claim'}"
        allowed = None
        while allowed is None:
            try:
                allowed = app.consume_tool(asked.id, wanted, idempotency_key=key)
            except Unreachable:
                if self.over.is_set():
                    raise
        self.told.append(uses.told(asked.id, key, allowed.receipt))
        if changed:
            self.told.append(Told(request=asked.id, key="changed arguments", proof="none"))
        return True
