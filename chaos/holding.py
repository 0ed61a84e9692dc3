"""A policy file that gets looser and narrower while the service is killed: no looser one serves unaccepted."""

import json
import random
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from approvals.policy.reading.parse import digest_of
from chaos import policies, scene
from chaos.findings import Findings
from chaos.program import Child
from chaos.records import Records
from chaos.till import environ
from demo.ports import free_port
from sandbox.app import Sandbox
from sandbox.slack.records import SlackError

ACCEPTORS = scene.APPROVERS[:2]
_ROLES = ("roles/run.viewer", "roles/run.admin")
_EVERY = 1.3
"""Seconds between two looks at the file of the service, and a little more."""


class Holding:
    """One run in an empty folder, with a store of its own."""

    def __init__(self, folder: Path, box: Sandbox, *, seed: int, findings: Findings) -> None:
        self._box, self._findings = box, findings
        self._dice = random.Random(f"{seed}/holding")  # noqa: S311 - to be replayed, not to be secret
        self._files: dict[str, tuple[frozenset[str], int]] = {}
        folder.mkdir(exist_ok=True)
        self._policy = folder / "policy.yaml"
        self.database = folder / "countersign.db"
        port = free_port()
        self.service = Child("public", environ=environ(box, folder), log=folder / "service.log", port=port)
        box.bot_url = f"http://127.0.0.1:{port}/slack/events"
        self.counts: Counter[str] = Counter()
        self.over = threading.Event()

    def play(self, kills: int) -> None:
        """Kill so many times while the file changes and people accept, then look at all that was in force."""
        self._policy.write_bytes(self._file(frozenset(_ROLES[:1]), 2))
        people = threading.Thread(target=self._accept, daemon=True)
        self._up()
        people.start()
        for _ in range(kills):
            for _ in range(2):
                self._write()
                time.sleep(self._dice.uniform(0.5, 3 * _EVERY))
            self.service.kill()
            self.counts["policies: kills"] += 1
            self._up()
        # What is held in the end has its turn.
        time.sleep(4 * _EVERY)
        self.over.set()
        people.join(30)
        self._look()

    def _up(self) -> None:
        self.service.start()
        self.service.ready()

    def _write(self) -> None:
        roles = frozenset(self._dice.sample(_ROLES, self._dice.randint(1, 2)))
        fresh = self._policy.with_suffix(".new")
        fresh.write_bytes(self._file(roles, self._dice.choice((1, 2))))
        fresh.replace(self._policy)
        self.counts["policies: files written"] += 1

    def _accept(self) -> None:
        """Who may accept a policy presses whatever asks for it, at times one of them alone."""
        while not self.over.is_set():
            for who in ACCEPTORS[: self._dice.randint(1, 2)]:
                for message in self._box.slack.messages("#access"):
                    if "approve" in {element["action_id"] for _, element in message.elements()}:
                        with suppress(SlackError):
                            self._box.slack.press(who, "approve", message=message)
            time.sleep(0.4)

    def _look(self) -> None:
        records = Records(self.database)
        entries, _ = records.chain("")
        requests = [records.request(name) for name in records.ids()]
        records.close()
        digests, acceptors = policies.loaded(entries), [scene.address(who) for who in ACCEPTORS]
        wrong = policies.unaccepted(digests, requests, looser=self._is_looser, acceptors=acceptors, needed=2)
        self._findings.check("held", wrong, when="while policies changed")
        self.counts["policies: in force"] = len(digests)
        self.counts["policies: accepted"] = sum(each.state == "used" for each in requests)

    def _is_looser(self, now: str, before: str) -> bool:
        """It gives something more, or asks fewer."""
        (roles, needed), (had, asked) = self._files[now], self._files[before]
        return not roles <= had or needed < asked

    def _file(self, roles: frozenset[str], needed: int) -> bytes:
        plain: dict[str, Any] = json.loads(scene.policy("plain"))
        one = next(each for each in plain["entitlements"] if each["id"] == f"one-{scene.PROJECTS[0]}")
        one |= {"roles": sorted(roles), "approval": [{"approvers": ["group:ops"], "needed": needed}]}
        change = {"approvers": [scene.address(who) for who in ACCEPTORS], "needed": 2}
        made = json.dumps(plain | {"change": change, "entitlements": [one]}).encode()
        self._files[digest_of(made)] = (roles, needed)
        return made
