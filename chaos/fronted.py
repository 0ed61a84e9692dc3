"""An agent that calls a tool by a proxy, which is killed again and again: also between its claim and the run."""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any, Literal

from chaos import calls
from chaos.assistant import ID, PROXIED, Assistant
from chaos.calls import Outcome
from chaos.front import Front
from chaos.upstream import NAME
from countersign_client.call_tokens import private_jwk

Moment = Literal["", "soon", "claiming", "running"]
"""When a proxy is killed in a call: never, some time, once its claim is written down, once the tool counts it."""

_MOMENTS: Sequence[Moment] = ("claiming", "running")
_ANY: Sequence[Moment] = ("", "", "", "soon", *_MOMENTS)
_MOST = 12
"""So many calls are made, however short the run is, until the proxy was killed at each moment once."""

_NAME = 64
"""Characters of what a claim is called on the disk."""

_LONG = 500
"""Milliseconds that the tool takes where the proxy is killed meanwhile."""

_LATE = 40.0
"""Seconds in which the last call comes to its end once nothing is killed any more."""


class Fronted:
    """One of them, in a folder of its own. `over`: no further call is begun.

    `outcomes` are what it was told, and `broken` says why it could not go on.
    """

    def __init__(self, folder: Path, assistant: Assistant, *, seed: int, over: Event) -> None:
        folder.mkdir(exist_ok=True)
        self._folder, self._assistant, self.over = folder, assistant, over
        self._dice = random.Random(f"{seed}/fronted")  # noqa: S311 - to be replayed, not to be secret
        self.ledger = folder / "ledger"
        self.outcomes: list[Outcome] = []
        self.broken: list[str] = []
        self.counts: Counter[str] = Counter()

    def play(self) -> None:
        """Call until it is over."""
        try:
            front, number = self._front(), 0
            while not self.over.is_set() or (self._owed() and number < _MOST):
                moment = self._dice.choice(self._owed() or _ANY)
                call = {"account": f"{PROXIED}{number}", "milliseconds": _LONG if moment == "running" else 0}
                (self._folder / "token").write_text(self._assistant.person(self._dice))
                front = self._until_told(front, call, moment)
                number += 1
            front.close()
        except (EOFError, OSError) as error:
            self.broken.append(f"the proxy ended by itself: {error!r}")

    def _owed(self) -> Sequence[Moment]:
        """Moments at which it was not killed yet: a call that is denied comes to none."""
        return [each for each in _MOMENTS if not self.counts[f"agents: killed {each}"]]

    def _until_told(self, front: Front, call: Mapping[str, Any], moment: Moment) -> Front:
        """Make a call until somebody says what came of it, with a new proxy for each that was killed.

        One that was denied is made once more, for it is not to be asked for anew.
        """
        what, last = calls.named(NAME, call), None
        until: float | None = None
        while until is None or time.monotonic() < until:
            answer = self._answer(front, call, moment)
            if answer is None:
                front.close()
                front, moment = self._front(), ""
                self.counts["agents: proxies killed"] += 1
                continue
            last = calls.read(answer, what, keys=self._assistant.keys)
            if last.told in ("ran", "unknown"):
                break
            if last.told == "not" and what in self._ran():
                break
            if last.told == "denied":
                if last in self.outcomes:
                    break
                self.outcomes.append(last)
            if until is None and self.over.is_set():
                until = time.monotonic() + _LATE
            time.sleep(0.05)
        self.outcomes.append(last or Outcome(what=what, told="nothing"))
        return front

    def _answer(self, front: Front, call: Mapping[str, Any], moment: Moment) -> Mapping[str, Any] | None:
        """What the proxy answers; None where it was killed, at that moment, before it had."""
        before, what = set(self._claims()), calls.named(NAME, call)
        kill_at = time.monotonic() + self._dice.uniform(0, 0.5) if moment == "soon" else None
        killed = False
        try:
            number = front.ask("tools/call", name=NAME, arguments=dict(call))
            while (answer := front.heard(number, 0.005)) is None:
                due = kill_at is not None and time.monotonic() > kill_at
                if not killed and (due or (moment in _MOMENTS and self._is_there(moment, before, what))):
                    killed = True
                    front.kill()
                    self.counts[f"agents: killed {moment}"] += 1
        except (EOFError, BrokenPipeError):
            if not killed:
                raise
            return None
        return answer

    def _is_there(self, moment: Moment, before: set[str], what: str) -> bool:
        return bool(set(self._claims()) - before) if moment == "claiming" else what in self._ran()

    def _claims(self) -> Iterator[str]:
        with suppress(FileNotFoundError):
            yield from (each.name for each in (self._folder / "claims").iterdir() if len(each.name) == _NAME)

    def _ran(self) -> set[str]:
        return {each.what for each in calls.counted(self.ledger)}

    def _front(self) -> Front:
        key = self._folder / "assistant.jwk"
        key.write_text(json.dumps(private_jwk(self._assistant.key)))
        environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "COUNTERSIGN_API_URL": self._assistant.url,
            "COUNTERSIGN_APP_ID": ID,
            "COUNTERSIGN_APP_KEY": str(key),
            "COUNTERSIGN_ON_BEHALF_TOKEN": str(self._folder / "token"),
        }
        front = Front(self._folder, environ)
        front.begin()
        return front
