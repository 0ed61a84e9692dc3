"""What people do at the app's Home tab, and the history that somebody takes away."""

import base64
import csv
import io
import json
import time
from collections.abc import Collection

from chaos.chat import Chat
from chaos.ledger import Ledger, Sent
from chaos.pages import Browsers
from chaos.scene import AUDITOR, address
from chaos.script import Act
from sandbox.app import Sandbox
from sandbox.slack.records import Json

HOME = frozenset({"home", "export"})
_MOMENT = 0.5
_KINDS = {"approve": "approve", "withdraw": "withdrawn", "end": "over"}


class Home:
    """Each act by its verb; the answers go into the ledger."""

    def __init__(self, box: Sandbox, *, chat: Chat, browsers: Browsers, ledger: Ledger) -> None:
        self._box, self._chat, self._browsers, self._ledger = box, chat, browsers, ledger

    def play(self, act: Act) -> None:
        """Do it. Raises `SlackError` where there is no tab yet, or not that button."""
        getattr(self, f"_{act.verb}")(act)

    def _home(self, act: Act) -> None:
        """Somebody opens the tab, and presses what stands there, or stood there before."""
        who = act.who if act.which % 2 else self._somebody(act)
        before = self._box.slack.home(who)
        self._ledger.count(f"Home opened: {'unanswered' if self._box.slack.open_home(who).error else 'answered'}")
        home = self._drawn(who, before) if act.which % 3 else before
        buttons = [each for each in _buttons(home) if each["action_id"] in _KINDS] if home else []
        if not buttons:
            self._ledger.count("Home opened: nothing to press")
            return
        button = buttons[act.which % len(buttons)]
        name, verb = _request(button["value"]), button["action_id"]
        if verb == "approve":
            self._ledger.sent(Sent(request=name, person=address(who), verdict="approve"))
        outcome = self._box.slack.press_at_home(who, verb, block_id=button["block_id"])
        done = outcome.ok and self._is_done(verb, name, address(who))
        if done:
            self._ledger.acknowledged(_KINDS[verb], name, address(who), by="Home")
        else:
            self._ledger.count(f"{verb} on Home, {'unanswered' if outcome.error else 'refused'}")

    def _drawn(self, who: str, before: Json | None) -> Json | None:
        """The tab as it is drawn within a moment, if it is."""
        deadline = time.monotonic() + _MOMENT
        while (home := self._box.slack.home(who)) == before and time.monotonic() < deadline:
            time.sleep(0.02)
        return home

    def _somebody(self, act: Act) -> str:
        """Somebody who has asked for something lately."""
        waiting = self._chat.records.pending() or self._chat.records.holding()
        return waiting[-1 - act.which % len(waiting)].requester.partition("@")[0] if waiting else act.who

    def _is_done(self, verb: str, name: str, who: str) -> bool:
        stored = self._chat.records.request(name)
        if verb == "approve":
            return any(each.person == who for each in stored.reviews)
        if verb == "withdraw":
            return stored.state == "withdrawn"
        return stored.grant is not None and stored.grant.closed_by == who

    def _export(self, _: Act) -> None:
        """An auditor takes the history away: what was filed before is in it, and nothing else."""
        filed = {each.request for each in self._ledger.promises if each.kind == "filed"}
        promised = {name for name in filed if name.startswith("r-")}
        shown = self._browsers.get(address(AUDITOR), "/export?form=csv")
        if shown.status != 200:
            self._ledger.count("exports: unanswered")
            return
        self._ledger.exported(missing(shown.body, promised, self._chat.records.ids()))


def missing(file: str, promised: Collection[str], stored: Collection[str]) -> list[str]:
    """What a file of the history lacks of what was filed before, and what it tells of that is not there."""
    rows = {row["request"] for row in csv.DictReader(io.StringIO(file.removeprefix("\ufeff"), newline=""))}
    lacks = [f"an export lacks {name}" for name in sorted(set(promised) - rows)]
    return [*lacks, *(f"an export tells of {name}, which is not there" for name in sorted(rows - set(stored)))]


def _buttons(home: Json) -> list[Json]:
    return [
        {**one, "block_id": block["block_id"]}
        for block in home["blocks"]
        for one in block.get("elements", [])
        if one.get("type") == "button"
    ]


def _request(value: str) -> str:
    """The request that a button is about: a vote carries a token that names it."""
    if value.startswith("r-"):
        return value
    claims = value.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"])
