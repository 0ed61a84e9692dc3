"""The story that `countersign demo --play` plays: real clicks, real cards, a real clock."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from demo.running import ROOT, Running

_TIMEOUT = 50.0
_ON = "projects/shop-prod"
_DATA = "projects/shop-data"


class StoryError(Exception):
    """A step did not go as it should; the text says which and what was seen instead."""


def tell(running: Running, *, say: Callable[[str], None]) -> None:
    """Play the whole story. Raises `StoryError` at the first step that goes wrong."""
    stage = Stage(running.page.replace("localhost", "127.0.0.1"), say)
    _ask_approve_end(stage)
    _two_stages_and_a_signature(stage)
    _deny_and_withdraw(stage)
    _bundle(stage)
    _runs_out(stage)
    _receipt(stage, running, say)
    _audit(running, say)


def _ask_approve_end(stage: "Stage") -> None:
    stage.chapter("Alice asks in one line")
    stage.command("alice", "/jit request compute-admin-prod on shop-prod for 1h because INC-1234 disk is full")
    # A card is posted without buttons first, so that one whose answer is lost can never be pressed.
    stage.until("bob sees the card's buttons", lambda: stage.offers("bob", "approve"), quiet=True)
    stage.see("bob", "the card in #access", stage.card("bob", "INC-1234"))
    stage.chapter("Neither Alice nor a guest can approve it")
    stage.refused("alice", "approve")
    stage.refused("gwen", "approve")
    stage.chapter("Bob presses Approve")
    stage.press("bob", "approve")
    stage.until("the binding is in the policy", lambda: stage.bindings(_ON))
    stage.json(stage.bindings(_ON)[0])
    stage.until("the card says: Access is active", lambda: "active" in stage.card("bob", "INC-1234").lower())
    stage.see("bob", "the same card now", stage.card("bob", "INC-1234"))
    stage.chapter("Alice is done early and presses End access")
    stage.press("alice", "end")
    stage.until("the binding is gone", lambda: not stage.bindings(_ON))


def _two_stages_and_a_signature(stage: "Stage") -> None:
    stage.chapter("A deployment needs a colleague and then a signature from security")
    stage.command("alice", "/jit request deploy-prod-signed on shop-prod for 30m because CHG-42 release 7")
    stage.card("bob", "CHG-42")
    stage.refused("carol", "approve")
    stage.press("bob", "approve")
    stage.until("Carol can sign", lambda: stage.offers("carol", "sign"))
    stage.press("carol", "sign")
    stage.submit("carol", {"printed_name": "Carol Chen"})
    stage.until("both roles are granted", lambda: len(stage.bindings(_ON)) == 2)
    stage.until("the card is green", lambda: "Access is active" in stage.card("bob", "CHG-42"), quiet=True)
    stage.see("bob", "the signed card", stage.card("bob", "CHG-42"))


def _deny_and_withdraw(stage: "Stage") -> None:
    stage.chapter("Dan denies, and says why")
    stage.command("bob", "/jit request compute-admin-prod on shop-prod for 4h because just looking around")
    stage.card("dan", "just looking around")
    stage.press("dan", "deny")
    stage.submit("dan", {"reason": "Please use Read production logs for that."})
    stage.until("Bob is told", lambda: "was denied by dan" in stage.text("bob"), quiet=True)
    stage.see("bob", "in his direct messages", stage.told("bob", "was denied by dan"))
    stage.chapter("Bob withdraws another request himself")
    stage.command("bob", "/jit request compute-admin-prod on shop-prod for 1h because INC-9 wrong project")
    stage.card("dan", "INC-9")
    stage.until("Bob can withdraw it", lambda: stage.offers("bob", "withdraw"))
    stage.press("bob", "withdraw")
    stage.until("the card says: Withdrawn", lambda: "withdrawn" in stage.card("dan", "INC-9").lower())


def _bundle(stage: "Stage") -> None:
    stage.chapter("An incident needs two projects at once, by one approval")
    stage.command("alice", "/jit request incident on shop-data for 1h because INC-500 checkout fails")
    stage.see("bob", "every role with its project", stage.card("bob", "INC-500"))
    stage.press("bob", "approve")
    stage.until("the other project has its binding as well", lambda: stage.bindings(_DATA))
    stage.until("the card says: Access is active", lambda: "Access is active" in stage.card("bob", "INC-500"))


def _runs_out(stage: "Stage") -> None:
    stage.chapter("Thirty seconds of access end by themselves")
    before = len(stage.bindings(_ON))
    stage.command("alice", "/jit request quick-look on shop-prod for 30s because INC-77 one look")
    stage.card("bob", "INC-77")
    stage.press("bob", "approve")
    stage.until("the binding is in the policy", lambda: len(stage.bindings(_ON)) == before + 1)
    stage.until("thirty seconds later it is gone", lambda: len(stage.bindings(_ON)) == before)
    stage.until("the card says: Access has ended", lambda: "ended" in stage.card("bob", "INC-77").lower())


def _receipt(stage: "Stage", running: Running, say: Callable[[str], None]) -> None:
    stage.chapter("The signed decision left a receipt that anyone can verify")
    found = re.search(r"r-[0-9a-z]{10}", stage.card("bob", "CHG-42"))
    if found is None:
        raise StoryError("the signed card names no request")
    receipt = _command(running, "receipt", "show", found[0])
    say(f"   $ countersign receipt show {found[0]} | countersign receipt verify -")
    for line in _command(running, "receipt", "verify", "-", given=receipt).splitlines():
        say(f"   {line}".rstrip())


def _audit(running: Running, say: Callable[[str], None]) -> None:
    say("\n── The audit chains are whole")
    done = _command(running, "audit", "verify")
    say(f"   $ countersign audit verify\n   {done.strip()}\n\nEvery step went well.")


def _command(running: Running, *arguments: str, given: str = "") -> str:
    """Run `countersign` on the demo's store and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=running.environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StoryError(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


class Stage:
    """The sandbox as its people use it, over its own interface."""

    def __init__(self, url: str, say: Callable[[str], None]) -> None:
        self._url = url
        self._say = say
        # What a card is about stands on it only until it is over; from then on it is known by its place.
        self._cards: dict[str, str] = {}

    def chapter(self, title: str) -> None:
        self._say(f"\n── {title}")

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
        return any(button in _actions(message) for message in self._messages(who))

    def card(self, who: str, mark: str) -> str:
        """The message in #access that held the mark when it came, as it stands now, in plain text."""

        def look() -> list[str]:
            held = {message["ts"]: _plain(message) for message in self._messages(who, channel="access")}
            for ts, text in held.items():
                if mark not in self._cards and mark in text:
                    self._cards[mark] = ts
            return [held[ts] for ts in [self._cards.get(mark)] if ts in held]

        self.until(f"{who} sees the card", look, quiet=True)
        return look()[0]

    def told(self, who: str, mark: str) -> str:
        """The newest message that the person sees and that holds the mark, in plain text."""
        return [text for message in self._messages(who) if mark in (text := _plain(message))][-1]

    def text(self, who: str) -> str:
        return "\n".join(_plain(message) for message in self._messages(who))

    def bindings(self, resource: str) -> list[dict[str, Any]]:
        """The conditional bindings of a resource's IAM policy."""
        policy = self._get("/sandbox/google")[resource]
        return [binding for binding in policy.get("bindings", []) if "condition" in binding]

    def until(self, what: str, true: Callable[[], object], *, quiet: bool = False) -> None:
        deadline = time.monotonic() + _TIMEOUT
        while not true():
            if time.monotonic() > deadline:
                raise StoryError(f"waited {_TIMEOUT:.0f} s in vain: {what}")
            time.sleep(0.1)
        if not quiet:
            self._say(f"   … {what}")

    def _label(self, who: str, button: str) -> str:
        found = [e for m in self._messages(who) for e in _elements(m) if e.get("action_id") == button]
        return f"[ {found[-1]['text']['text']} ]"

    def _whispers(self, who: str) -> list[str]:
        return [_plain(message) for message in self._messages(who) if message.get("is_ephemeral")]

    def _messages(self, who: str, channel: str = "") -> list[dict[str, Any]]:
        channels = self._state(who)["channels"]
        return [message for c in channels if channel in {"", c["name"]} for message in c["messages"]]

    def _state(self, who: str) -> dict[str, Any]:
        return self._get(f"/sandbox/state?{urlencode({'as': who})}")

    def _get(self, path: str) -> dict[str, Any]:
        return self._answer(Request(self._url + path))

    def _act(self, who: str, verb: str, **arguments: Any) -> None:
        body = json.dumps({"as": who, "do": verb, **arguments}).encode()
        request = Request(self._url + "/sandbox/act", data=body, headers={"Content-Type": "application/json"})
        outcome = self._answer(request)
        if not outcome.get("ok"):
            raise StoryError(f"{who} {verb} {arguments}: {outcome}")

    def _answer(self, request: Request) -> dict[str, Any]:
        try:
            with urlopen(request, timeout=10) as answer:
                return dict(json.load(answer))
        except OSError as error:
            raise StoryError(f"{request.full_url}: {error}") from error


def _actions(message: dict[str, Any]) -> set[str]:
    return {element.get("action_id", "") for element in _elements(message)}


def _elements(message: dict[str, Any]) -> list[dict[str, Any]]:
    blocks = message.get("blocks", [])
    return [each for block in blocks for each in (*block.get("elements", []), block.get("accessory")) if each]


def _plain(message: dict[str, Any]) -> str:
    """The words of a message's blocks, a line for each text or field; without blocks, its text."""
    lines = [line for block in message.get("blocks", []) for line in _lines(block) if line.strip()]
    return "\n".join(lines) or str(message.get("text", ""))


def _lines(block: dict[str, Any]) -> list[str]:
    if block["type"] == "actions":
        return ["  ".join(f"[ {element['text']['text']} ]" for element in block["elements"])]
    if block["type"] == "rich_text":
        return [line for element in block["elements"] for line in _rich(element)]
    inside = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
    button = [f"[ {block['accessory']['text']['text']} ]"] if "accessory" in block else []
    return [_readable(text["text"]) for text in inside if text] + button


def _rich(element: dict[str, Any]) -> list[str]:
    """The lines of a rich text: a list's items one below the other, dates by their fallback."""
    if element["type"] == "rich_text_list":
        return [f"• {line}" for item in element["elements"] for line in _rich(item)]
    mark = "> " if element["type"] == "rich_text_quote" else ""
    text = "".join(part.get("text") or part.get("fallback", "") for part in element["elements"])
    return [mark + line for line in text.splitlines()]


def _readable(text: str) -> str:
    """Undo Slack's markup as its own client would: bold words, dates by their fallback, escapes."""
    text = re.sub(r"<!date\^[^|>]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"^\*([^*]+)\*", r"\1", text)
    return text.replace("`", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
