"""What a story needs of the sandbox: people who type, press and read, and what stands in the cloud."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from demo.messages import actions, elements, plain

_TIMEOUT = 50.0
_HEEDED = 202
_TOO_LATE = "dispatch_failed"


class StoryError(Exception):
    """A step did not go as it should; the text says which and what was seen instead."""


class Stage:
    """The sandbox as its people use it, over its own interface."""

    def __init__(self, url: str, say: Callable[[str], None]) -> None:
        self._url = url
        self._say = say
        # What a card is about stands on it only until it is over; from then on it is known by its place.
        self._cards: dict[str, str] = {}

    def chapter(self, title: str) -> None:
        self._say(f"\n── {title}")

    def does(self, what: str) -> None:
        self._say(f"   {what}")

    def see(self, who: str, what: str, text: str) -> None:
        self._say(f"   {who.title()} sees {what}:")
        for line in text.splitlines():
            self._say(f"   │ {line}".rstrip())

    def json(self, value: Any) -> None:
        for line in json.dumps(value, indent=2).splitlines():
            self._say(f"     {line}")

    def command(self, who: str, line: str) -> None:
        self._say(f"   {who.title()} types: {line}")
        self._act(who, "command", line=line, channel="access")

    def press(self, who: str, button: str) -> None:
        self.until(f"{who} finds the button {button}", lambda: self.offers(who, button), quiet=True)
        self._say(f"   {who.title()} presses {self._label(who, button)}")
        self._act(who, "press", action_id=button)

    def refused(self, who: str, button: str) -> None:
        """Press and expect a private sentence that was not there before."""
        self.until(f"{who} finds the button {button}", lambda: self.offers(who, button), quiet=True)
        before, label = self._whispers(who), self._label(who, button)
        self._act(who, "press", action_id=button)
        self.until(f"{who} is refused", lambda: len(self._whispers(who)) > len(before), quiet=True)
        self._say(f"   {who.title()} presses {label} and alone gets to read: {self._whispers(who)[-1]}")

    def submit(self, who: str, values: dict[str, str]) -> None:
        """Fill in the open form; what it holds already is left as it is."""
        blocks = self._state(who)["view"]["blocks"]
        for block in blocks:
            name = block.get("block_id")
            typed = values.get(name) or block.get("element", {}).get("initial_value")
            if typed:
                self._say(f"     {block['label']['text'].rstrip('?')}: {typed}")
        self._act(who, "submit", values=values)

    def offers(self, who: str, button: str) -> bool:
        return any(button in actions(message) for message in self._messages(who))

    def card(self, who: str, mark: str) -> str:
        """The message in #access that held the mark when it came, as it stands now, in plain text."""

        def look() -> list[str]:
            held = {message["ts"]: plain(message) for message in self._messages(who, channel="access")}
            for ts, text in held.items():
                if mark not in self._cards and mark in text:
                    self._cards[mark] = ts
            return [held[ts] for ts in [self._cards.get(mark)] if ts in held]

        self.until(f"{who} sees the card", look, quiet=True)
        return look()[0]

    def told(self, who: str, mark: str) -> str:
        """The newest message that the person sees and that holds the mark, in plain text."""
        return [text for message in self._messages(who) if mark in (text := plain(message))][-1]

    def text(self, who: str) -> str:
        return "\n".join(plain(message) for message in self._messages(who))

    def bindings(self, resource: str) -> list[dict[str, Any]]:
        """The conditional bindings of a resource's IAM policy."""
        policy = self._get("/sandbox/google")[resource]
        return [binding for binding in policy.get("bindings", []) if "condition" in binding]

    def mails(self, who: str, mark: str) -> list[dict[str, Any]]:
        """The mails to a person that hold the mark, oldest first."""
        address = f"{who}@example.com"
        held = self._get(f"/sandbox/mail?{urlencode({'as': address})}")["messages"]
        return [mail for mail in held if address in mail["to"] and mark in mail["subject"] + mail["text"]]

    def link(self, who: str, mark: str) -> str:
        """Where the first link of the person's mail leads, as whom they sign in."""
        links = [to for mail in self.mails(who, mark) for to in mail["opens"].values() if "/_gcp_iap/" in to]
        if not links:
            raise StoryError(f"the mail to {who} links to no page")
        return str(links[0])

    def scanner(self, *, on: bool) -> None:
        """Let a mail filter open every link of new mail, or let it be."""
        self._send("/sandbox/scanner", {"on": on})

    def session_revoked(self, who: str, *, receiver: str) -> None:
        """Let the sandbox's transmitter say so by a signed event, and expect it to be heeded."""
        answer = self._send("/transmitter/push", {"email": f"{who}@example.com", "to": receiver})
        if answer["status"] != _HEEDED:
            raise StoryError(f"the signal was answered {answer}")

    def scanned(self, mail: dict[str, Any]) -> bool:
        """Whether the filter has been through a mail."""
        seen = {visit["url"] for visit in self._get("/sandbox/mail")["scanner"]["visits"]}
        return set(mail["opens"]) <= seen

    def until(self, what: str, true: Callable[[], object], *, quiet: bool = False) -> None:
        deadline = time.monotonic() + _TIMEOUT
        while not true():
            if time.monotonic() > deadline:
                raise StoryError(f"waited {_TIMEOUT:.0f} s in vain: {what}")
            time.sleep(0.1)
        if not quiet:
            self._say(f"   … {what}")

    def _label(self, who: str, button: str) -> str:
        found = [e for m in self._messages(who) for e in elements(m) if e.get("action_id") == button]
        return f"[ {found[-1]['text']['text']} ]"

    def _whispers(self, who: str) -> list[str]:
        return [plain(message) for message in self._messages(who) if message.get("is_ephemeral")]

    def _messages(self, who: str, channel: str = "") -> list[dict[str, Any]]:
        channels = self._state(who)["channels"]
        return [message for c in channels if channel in {"", c["name"]} for message in c["messages"]]

    def _state(self, who: str) -> dict[str, Any]:
        return self._get(f"/sandbox/state?{urlencode({'as': who})}")

    def _get(self, path: str) -> dict[str, Any]:
        return self._answer(Request(self._url + path))

    def _act(self, who: str, verb: str, **arguments: Any) -> None:
        told = {"as": who, "do": verb, **arguments}
        outcome = self._send("/sandbox/act", told)
        if verb == "press" and outcome.get("error") == _TOO_LATE:
            # A busy machine takes longer than Slack waits; people press once more where nothing came of it.
            outcome = self._send("/sandbox/act", told)
        if not outcome.get("ok"):
            raise StoryError(f"{who} {verb} {arguments}: {outcome}")

    def _send(self, path: str, told: dict[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        return self._answer(Request(self._url + path, data=json.dumps(told).encode(), headers=headers))

    def _answer(self, request: Request) -> dict[str, Any]:
        try:
            with urlopen(request, timeout=60) as answer:
                return dict(json.load(answer))
        except OSError as error:
            raise StoryError(f"{request.full_url}: {error}") from error
