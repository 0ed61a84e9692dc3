"""An enforcement point of an application's (AuthZEN) at the doors of the core's world."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec

from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import RECEIPTS
from approvals.policy.model import Action
from approvals.policy.parties import AuthZen
from tests.support.applications import App
from tests.support.builders import NOW
from tests.support.counters import Counter, Said
from tests.support.refunds import REFUND
from tests.support.world import ALICE, BOB, World

EVALUATION, REQUESTS = "/access/v1/evaluation", "/access/v1/requests"
URN = "urn:openid:authzen:access-request:error:"
AGENT = {"iss": "https://agents.example.com", "sub": "assistant", "sub_profile": "ai_agent"}
BACK = AuthZen(action="pay_back", resource="order", id="order", context=("channel",))


class Front(Counter):
    """The shop evaluates whether it may pay back an order. Receipts are signed."""

    def __init__(self, world: World, folder: Path) -> None:
        create_keys(folder / "receipts.json", now=NOW, purpose=RECEIPTS)
        self.signer = FileSigner(folder / "receipts.json", issuer=lambda: "countersign:test", purpose=RECEIPTS)
        world.uses = world.core(receipts=self.signer).uses
        super().__init__(world)
        self.meant(REFUND.id, BACK)

    def meant(self, action: str, mapping: AuthZen | None, **changes: Any) -> None:
        """Let evaluations mean this action from now on."""
        known: Action = self.world.policy.actions[action]
        self.acts(msgspec.structs.replace(known, authzen=mapping, **changes))

    def acts(self, *actions: Action) -> None:
        """Let the policy have these actions from now on."""
        now = {**self.world.policy.actions, **{each.id: each for each in actions}}
        self.world.policy = msgspec.structs.replace(self.world.policy, actions=now)

    def asserts(self, **changes: Any) -> None:
        """Let the shop name people by its own word from now on."""
        shops = dict(self.world.policy.applications)
        shops["shop"] = msgspec.structs.replace(shops["shop"], may_assert=True, **changes)
        self.world.policy = msgspec.structs.replace(self.world.policy, applications=shops)

    # --- what it asks

    def question(self, **changes: Any) -> dict[str, Any]:
        """What is asked for by `wanted`, in AuthZEN's words."""
        good = {
            "subject": {"type": "user", "id": ALICE},
            "action": {
                "name": "pay_back",
                "properties": {"amount": {"amount": "250", "currency": "EUR"}, "card": "No. 4111"},
            },
            "resource": {"type": "order", "id": "A-17"},
            "context": {"channel": "phone", "on_behalf_of": {"token": self.staff.token()}},
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def evaluate(
        self, question: Mapping[str, Any] | None = None, *, by: App | None = None, **changes: Any
    ) -> Said:
        """Evaluate; without an Idempotency-Key, as enforcement points do."""
        return self.send(EVALUATION, question or self.question(**changes), by=by)

    def send(
        self, target: str, body: Any, *, by: App | None = None, named: str | None = None, request_id: str = ""
    ) -> Said:
        octets = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = self.signed("POST", target, octets, key=named, by=by)
        headers += [(b"x-request-id", request_id.encode())] if request_id else []
        return self.call("POST", target, headers=headers, pieces=[octets])

    def denied(self, question: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """The context of a denial that can be requested."""
        said = self.evaluate(question, **changes)
        assert said.json["decision"] is False
        assert "access_request" in said.json["context"], said.json
        return dict(said.json["context"])

    def submission(self, question: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """The request that a denial of this question is answered with."""
        asked = deepcopy(dict(question or self.question()))
        denial = self.denied(asked)
        return {**asked, "denial": echoed(denial), **changes}

    def submit(self, body: Any = None, *, named: str | None = "", by: App | None = None) -> Said:
        """Submit it, under a key of its own unless one is given, or None."""
        key = named if named != "" else f"k-{self.staff.token()[-40:]}"
        return self.send(REQUESTS, self.submission() if body is None else body, named=key, by=by)

    def task(self, **changes: Any) -> str:
        said = self.submit(**changes)
        assert said.status == 202, said
        return str(said.json["task"]["id"])

    def status(self, task: str, *, by: App | None = None) -> Said:
        return self.get(f"{REQUESTS}/{task}", by=by)

    def approval(self, task: str = "", *, who: str = BOB) -> dict[str, Any]:
        """What comes of a task that somebody approves."""
        task = task or self.task()
        self.world.press(who, self.read(task))
        return dict(self.status(task).json["result"]["approval"])

    def again(self, approval: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """The evaluation that uses an approval."""
        question = self.question(**changes)
        return question | {"context": {**question["context"], "approval": dict(approval)}}


def echoed(denial: Mapping[str, Any]) -> dict[str, Any]:
    """What a submission says of its denial."""
    found = denial["access_request"]
    named = {name: denial[name] for name in ("evaluation_id", "evaluated_at", "reason")}
    return named | {name: found[name] for name in ("expires_at", "binding_token", "template")}
