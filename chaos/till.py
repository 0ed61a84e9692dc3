"""Applications that ask and use what was approved, while the service is killed: never twice, never unapproved."""

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from approvals.ids import webhook_subject
from approvals.refusals.errors import NotFound
from approvals.requests import Request
from chaos import news, scene, uses
from chaos.agents import Agents
from chaos.deciders import is_theirs
from chaos.findings import Findings
from chaos.news import Receiver
from chaos.program import Child
from chaos.reckoning import Reckoning
from chaos.records import Records
from chaos.uses import Told
from countersign_client.applications import Application, Money
from countersign_client.applications.errors import NotAllowed, Unreachable
from countersign_client.call_tokens import SigningKey, new_key
from countersign_client.calls import send
from demo.ports import free_port
from sandbox.app import Sandbox
from sandbox.slack.records import SlackError

WORKERS = 4
_ASKERS = scene.REQUESTERS[:8]
_LIMIT = 100
_NAMES = 3
"""So many keys try to use each approval: one may, and may as often as it likes."""

_AGAIN = 0.02


class Till:
    """One run in an empty folder, with a store of its own."""

    def __init__(self, folder: Path, box: Sandbox, *, seed: int, findings: Findings) -> None:
        self._box, self._findings = box, findings
        self._dice = random.Random(f"{seed}/till")  # noqa: S311 - to be replayed, not to be secret
        self._key = new_key("ES256")
        folder.mkdir(exist_ok=True)
        self.receiver = Receiver(seed=seed)
        self._policy = folder / "policy.yaml"
        self.database = folder / "countersign.db"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.agents = Agents(folder / "agents", box, url=self.url, seed=seed)
        own = environ(box, folder) | {"COUNTERSIGN_API_URL": self.url}
        self.service = Child("public", environ=own, log=folder / "service.log", port=port)
        box.bot_url = f"{self.url}/slack/events"
        self._lock = threading.Lock()
        self._asked: list[tuple[str, dict[str, Any]]] = []
        self.told: list[Told] = []
        self.counts: Counter[str] = Counter()
        self.over = threading.Event()

    def play(self, kills: int) -> None:
        """Kill so many times while applications ask and use, then look at all that they were told."""
        people = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(WORKERS)]
        people.append(threading.Thread(target=self._approve, daemon=True))
        with self.receiver.serving() as webhook:
            self._policy.write_text(json.dumps(self._rules(webhook)))
            self._kill(kills, people)
            self._look()

    def _kill(self, kills: int, people: Sequence[threading.Thread]) -> None:
        self._up()
        for each in people:
            each.start()
        self.agents.begin()
        for _ in range(kills):
            time.sleep(self._dice.uniform(0.3, 1.5))
            self.service.kill()
            self.counts["till: kills"] += 1
            self._up()
        time.sleep(1.0)
        self.over.set()
        for each in people:
            each.join(90)
        self.agents.end()

    def _up(self) -> None:
        self.service.start()
        self.service.ready()

    def _look(self) -> None:
        records = Records(self.database)
        approvers = frozenset(scene.address(name) for name in scene.APPROVERS)
        with self._lock:
            told = list(self.told)
        self._findings.check("twice", uses.twice(told), when="at the till")
        for each in told:
            try:
                request = records.request(each.request)
            except NotFound:
                self._findings.check("lost", [f"{each.request} was used, and is not there"], when="at the till")
                continue
            entries, _ = records.chain(each.request)
            wrong = uses.unapproved(each, request, entries, approvers=approvers)
            self._findings.check("unapproved", wrong, when="at the till")
        self.counts |= Reckoning(records, self._findings).look(self.agents.said())
        self._listen(records)
        records.close()
        self.counts |= self.agents.counts()
        self.counts["till: told that it may be done"] = len(told)
        self.counts["till: approvals used"] = len({each.request for each in told})

    def _listen(self, records: Records) -> None:
        """Hold what the webhook was told against the records. They are read first: more may come meanwhile."""
        requests = [each for each in map(records.request, records.ids()) if _is_told(each)]
        jobs = records.jobs()
        heard = tuple(self.receiver.heard)
        keys = send("GET", f"{self.url}/.well-known/jwks.json", timeout=10).body
        told, wrong = news.verified(heard, keys)
        self._findings.check("rumours", wrong, when="at the till")
        for each, said in told:
            entries, _ = records.chain(said.request)
            self._findings.check("rumours", news.untrue(each.at, said, entries), when="at the till")
        came = {said.id for _, said in told}
        taken = {said.id for each, said in told if each.taken}
        for request in requests:
            job = jobs.get(webhook_subject("payments", request.id))
            self._findings.check("missed", news.missed(request, job, came, taken), when="at the till")
        self.counts["till: messages that came"] = len(told)
        self.counts["till: of them again"] = len(told) - len(came)
        self.counts["till: messages that were taken"] = len(taken)

    def _rules(self, webhook: str) -> Mapping[str, Any]:
        """The plain policy, an application with an action, and an agent with another."""
        plain: dict[str, Any] = json.loads(scene.policy("plain"))
        applications, actions = zip(_payments(self._key, webhook), self.agents.assistant.rules(), strict=True)
        issuers = [{"id": "staff", "issuer": self._box.oidc_url, "domains": ["example.com"]}]
        return plain | {"issuers": issuers, "applications": applications, "actions": actions}

    # --- the application's workers

    def _work(self, number: int) -> None:
        app = Application(self.url, "payments", self._key)
        dice = random.Random(self._dice.random() + number)  # noqa: S311 - as above
        while not self.over.is_set():
            try:
                chance = dice.random()
                if chance < 0.15:
                    self._require(app, dice)
                elif chance < 0.4 or not self._asked:
                    self._ask(app, dice)
                else:
                    self._use(app, dice)
            except NotAllowed as no:
                with self._lock:
                    self.counts[f"till: {type(no).__name__}"] += 1
            time.sleep(_AGAIN)

    def _require(self, app: Application, dice: random.Random) -> None:
        """One call asks and uses; nobody knows whether it did where it was killed, so it is made again."""
        given, key = {**_given(40, dice), "on_behalf_of": self._person(dice)}, f"at-once-{dice.random()}"
        allowed = None
        while allowed is None:
            try:
                allowed = app.require("refund", idempotency_key=key, timeout=0, **given)
            except Unreachable:
                if self.over.is_set():
                    raise
        with self._lock:
            self.counts["till: used at once"] += 1
            self.told.append(uses.told(allowed.request_id, key, allowed.receipt))

    def _person(self, dice: random.Random) -> str:
        person = self._box.slack.state.person(dice.choice(_ASKERS))
        return self._box.oidc.issuer.id_token(person, client="payments")

    def _ask(self, app: Application, dice: random.Random) -> None:
        given = _given(dice.choice((40, 250)), dice)
        asked = app.ask("refund", on_behalf_of=self._person(dice), **given)
        with self._lock:
            self._asked.append((asked.id, given))

    def _use(self, app: Application, dice: random.Random) -> None:
        with self._lock:
            request, given = self._asked[-1 - dice.randrange(min(len(self._asked), 12))]
        key = f"{request}-{dice.randrange(_NAMES)}"
        changed = dice.random() < 0.1
        wanted = {**given, "amount": Money("9000.00", "EUR")} if changed else given
        allowed = app.consume(request, "refund", idempotency_key=key, **wanted)
        with self._lock:
            self.told.append(uses.told(request, key, allowed.receipt))
            if changed:
                self.told.append(Told(request=request, key="a changed amount", proof="none"))

    # --- the people

    def _approve(self) -> None:
        """Approvers press whatever asks them, some of it twice."""
        slack = self._box.slack
        while not self.over.is_set():
            for who in scene.APPROVERS[:2]:
                asking = [m for m in slack.messages("#access") if "approve" in _buttons(m)]
                waiting = [m for m in asking if not is_theirs(m)]
                for message in waiting[-4:]:
                    with suppress(SlackError):
                        slack.press(who, "approve", message=message)
            time.sleep(0.1)


def _is_told(request: Request) -> bool:
    """Whether its application has a webhook."""
    return request.action is not None and request.action.application == "payments"


def _buttons(message: Any) -> set[str]:
    return {element["action_id"] for _, element in message.elements()}


def environ(box: Sandbox, folder: Path) -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "SLACK_BOT_TOKEN": box.bot_token,
        "SLACK_SIGNING_SECRET": box.signing_secret,
        "SLACK_API_URL": box.slack_api_url,
        "GOOGLE_API_BASE_URL": box.google_api_url,
        "COUNTERSIGN_SANDBOX": "1",
        "COUNTERSIGN_POLICY": str(folder / "policy.yaml"),
        "COUNTERSIGN_STORE": f"sqlite:///{folder / 'countersign.db'}",
        "COUNTERSIGN_SIGNER": f"file:{folder / 'signer.jwk'}",
        "COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}",
        "COUNTERSIGN_WEBHOOK_SIGNER": f"file:{folder / 'webhooks.jwk'}",
        "LOG_LEVEL": "WARNING",
    }


def _given(amount: int, dice: random.Random) -> dict[str, Any]:
    return {"amount": Money(f"{amount}.00", "EUR"), "order": f"A-{dice.randrange(10**6)}"}


def _payments(key: SigningKey, webhook: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """An application and its action, as the policy has them."""
    application = {
        "id": "payments",
        "title": "Payments",
        "keys": [key.public()],
        "brings": [{"issuer": "staff", "audience": "payments"}],
        "webhook": webhook,
        "limits": {"pending": 500, "per_hour": 3_600},
    }
    action = {
        "id": "refund",
        "application": "payments",
        "title": "Refund a customer",
        "show": [
            {"name": "amount", "label": "Amount", "type": "money"},
            {"name": "order", "label": "Order", "type": "string"},
        ],
        "requesters": ["domain:example.com"],
        "guardrails": [{"when": f"params.amount <= {_LIMIT}", "then": "allow"}],
        "approval": [{"approvers": ["group:ops"], "needed": 1}],
        "use_by": "10m",
    }
    return application, action
