"""The people who decide what agents ask for: they approve one call or several, and deny now and then."""

import json
import random
import re
from threading import Event
from typing import Any

from chaos import scene
from chaos.assistant import PROXIED
from sandbox.app import Sandbox
from sandbox.slack.records import Message, SlackError

_HOW = ("several", "several", "approve", "approve", "deny")
_ACCOUNT = re.compile(r"\b[A-Z]-\d+(?:-\d+)?\b")
_NEWEST = 6


class Deciders:
    """Approvers, each of whom presses whatever asks them. `over`: nobody asks any more.

    `denied` are the accounts of calls that somebody denied and was told so.
    """

    def __init__(self, box: Sandbox, *, seed: int, over: Event) -> None:
        self._slack, self._over = box.slack, over
        self._dice = random.Random(f"{seed}/deciders")  # noqa: S311 - to be replayed, not to be secret
        self.denied: set[str] = set()

    def play(self) -> None:
        """Decide until it is over."""
        while not self._over.wait(0.1):
            for message in [each for each in self._slack.messages("#access") if is_theirs(each)][-_NEWEST:]:
                try:
                    self._decide(self._dice.choice(scene.APPROVERS), self._how(), message)
                except SlackError:
                    continue  # Somebody else was faster, and what they saw is not there any more.

    def _how(self) -> str:
        """Whatever comes, once a call of the proxy was denied: so each run has one, however short it is."""
        owed = not any(each.startswith(PROXIED) for each in self.denied)
        return "deny" if owed else self._dice.choice(_HOW)

    def _decide(self, who: str, how: str, message: Message) -> None:
        if how != "deny":
            self._slack.press(who, how, message=message)
            return
        if self._slack.view(who):
            self._slack.close(who, clear=True)
        pressed = self._slack.press(who, "deny", message=message)
        if not pressed.ok or not pressed.view:
            return
        sent = self._slack.submit(who, {"reason": "not like this"})
        if sent.ok and not sent.body.strip():
            self.denied |= accounts(message)


def is_theirs(message: Any) -> bool:
    """Whether a card asks for a call of which several can be approved."""
    return "several" in {element["action_id"] for _, element in message.elements()}


def accounts(message: Message) -> set[str]:
    """The account that a card is about."""
    return set(_ACCOUNT.findall(json.dumps([message.text, message.blocks, message.attachments])))
