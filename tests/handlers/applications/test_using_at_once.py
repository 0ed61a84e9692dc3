"""One call asks, and uses what a guardrail allows: with all that stands against either, and once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import RECEIPTS
from approvals.freezes.freezing import freeze
from approvals.refusals.errors import Unavailable
from countersign_client.keys import Keys, read_keys
from countersign_client.receipts import verify
from tests.handlers.applications.test_using import leaves_between_two_looks
from tests.support.builders import NOW
from tests.support.counters import Counter, Said
from tests.support.direct import Wire
from tests.support.world import BOB, CAROL, World

SMALL: Mapping[str, Any] = {
    "parameters": {"amount": {"amount": "40", "currency": "EUR"}, "order": "A-17", "card": "No. 4111"},
    "consume": True,
}


class Kiosk(Counter):
    """An application's program at doors that sign receipts."""

    def __init__(self, world: World, keys: Path) -> None:
        create_keys(keys, now=NOW, purpose=RECEIPTS)
        self.signer = FileSigner(keys, issuer=lambda: "countersign:test", purpose=RECEIPTS)
        world.uses = world.core(receipts=self.signer).uses
        super().__init__(world)

    def at_once(self, *, named: str | None = None, **changes: Any) -> Said:
        return self.post("/v1/requests", self.wanted(**{**SMALL, **changes}), key=named)

    @property
    def keys(self) -> Keys:
        return read_keys(msgspec.json.encode(self.signer.keys()))

    def frozen(self) -> None:
        freeze(self.world.store, by="operator", why=None, now=self.world.clock())

    @property
    def filed(self) -> int:
        """So many requests are there."""
        return len(self.get("/v1/requests").json["items"])


@pytest.fixture
def kiosk(tmp_path: Path, wire: Wire) -> Iterator[Kiosk]:
    world = World(tmp_path, granter=wire)
    made = Kiosk(world, tmp_path / "receipts.json")
    yield made
    made.close()
    # Whatever a test let happen, each record holds against its chain.
    assert list(Inspection(world.store).faults()) == []
    world.close()


# --- what is refused, or waits


@pytest.mark.parametrize(("then", "says"), [("refuse", {}), ("step_up", {"acr": ("phr",)})])
def test_what_a_guardrail_refuses_is_not_filed_and_not_used(kiosk: Kiosk, then: Any, says: dict[str, Any]) -> None:
    kiosk.judged(then, **says)

    assert kiosk.at_once().status in (401, 403)
    assert kiosk.filed == 0


def test_nothing_is_used_in_a_freeze(kiosk: Kiosk) -> None:
    kiosk.judged("allow")
    kiosk.frozen()

    said = kiosk.at_once()

    assert (said.status, said.code) == (409, "frozen")
    assert kiosk.filed == 0


def test_what_people_decide_waits_for_them_and_is_used_by_a_call_of_its_own(kiosk: Kiosk) -> None:
    kiosk.judged("require_approval")
    body = kiosk.wanted(**SMALL)

    said = kiosk.post("/v1/requests", body, key="k-1")

    assert (said.status, said.json["state"], "receipt" in said.json) == (201, "pending", False)
    request_id = said.json["id"]
    kiosk.world.press(BOB, kiosk.read(request_id))
    # The call that asked is answered as before: it has used nothing, whatever people have decided since.
    assert kiosk.post("/v1/requests", body, key="k-1").body == said.body
    assert kiosk.read(request_id).state == "approved"
    assert kiosk.consume(request_id, parameters=SMALL["parameters"]).json["request"]["state"] == "used"


def test_what_was_approved_for_a_leaver_is_used_by_no_repeat_of_the_call(kiosk: Kiosk) -> None:
    kiosk.judged("require_approval")
    said = kiosk.at_once(named="call")
    kiosk.world.press(BOB, kiosk.read(said.json["id"]))
    leaves_between_two_looks(kiosk.world)

    again = kiosk.at_once(named="another", parameters={**SMALL["parameters"], "order": "A-18"})
    kept = kiosk.at_once(named="call")

    assert kiosk.read(said.json["id"]).state == "lapsed"
    assert "receipt" not in kept.json
    code = kiosk.consume(said.json["id"], parameters=SMALL["parameters"]).code
    assert (code, again.json["state"]) == ("lapsed", "pending")


def test_a_person_by_the_applications_word_alone_confirms_it_first(kiosk: Kiosk) -> None:
    kiosk.judged("allow")
    shops = {
        name: msgspec.structs.replace(shop, may_assert=True)
        for name, shop in kiosk.world.policy.applications.items()
    }
    kiosk.world.policy = msgspec.structs.replace(kiosk.world.policy, applications=shops)

    said = kiosk.at_once(on_behalf_of={"asserted": {"email": CAROL}})

    assert (said.status, said.json["state"], "receipt" in said.json) == (201, "pending", False)


def test_nothing_is_used_whose_receipt_cannot_be_signed(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk.judged("allow")
    with monkeypatch.context() as patched:
        patched.setattr(kiosk.signer, "sign", unavailable)
        assert kiosk.at_once(named="k-1").status == 503
    assert kiosk.filed == 0

    assert kiosk.at_once(named="k-2").json["state"] == "used"


def test_what_was_used_at_once_is_used_by_no_other_call(kiosk: Kiosk) -> None:
    kiosk.judged("allow")
    request_id = kiosk.at_once(named="k-1").json["id"]

    said = kiosk.consume(request_id, named="k-2", parameters=SMALL["parameters"])

    assert (said.status, said.code) == (409, "used")


def test_the_same_key_without_it_is_another_call(kiosk: Kiosk) -> None:
    kiosk.judged("allow")
    body = kiosk.wanted(**SMALL)
    assert kiosk.post("/v1/requests", body, key="k-1").status == 201

    said = kiosk.post("/v1/requests", {**body, "consume": False}, key="k-1")

    assert (said.status, said.code) == (422, "idempotency.reused")


def test_who_only_asks_uses_nothing(kiosk: Kiosk) -> None:
    kiosk.judged("allow")

    said = kiosk.at_once(consume=False)

    assert (said.json["state"], "receipt" in said.json) == ("approved", False)


# --- what is used


def test_what_a_guardrail_allows_is_asked_for_and_used_in_one_commit(kiosk: Kiosk) -> None:
    kiosk.judged("allow")

    said = kiosk.at_once(named="k-1")

    assert (said.status, said.json["state"], said.json["approval"]) == (201, "used", "allow")
    assert said.headers["location"] == f"/v1/requests/{said.json['id']}"
    acts = [each.action for each in kiosk.world.store.entries(said.json["id"])]
    assert acts == ["request.filed", "request.approved", "request.used"]
    assert kiosk.read(said.json["id"]).version == 1
    receipt = verify(said.json["receipt"], kiosk.keys, issuer="countersign:test")
    assert receipt.used is not None
    assert (receipt.request, receipt.used.by, receipt.used.key) == (said.json["id"], "shop", "k-1")


def test_the_same_call_gets_the_same_answer_and_receipt(kiosk: Kiosk) -> None:
    kiosk.judged("allow")
    body = kiosk.wanted(**SMALL)

    first = kiosk.post("/v1/requests", body, key="k-1")
    again = kiosk.post("/v1/requests", body, key="k-1")

    assert again.body == first.body
    assert kiosk.filed == 1


def test_the_salt_of_what_was_asked_is_in_the_receipt_and_in_no_other_answer(kiosk: Kiosk) -> None:
    kiosk.judged("require_approval")
    said = kiosk.post("/v1/requests", kiosk.wanted(**SMALL), key="k-1")
    request_id = said.json["id"]
    kiosk.world.press(BOB, kiosk.read(request_id))
    looked, listed = kiosk.get(f"/v1/requests/{request_id}"), kiosk.get("/v1/requests")
    salt = kiosk.read(request_id).terms.salt
    done = kiosk.consume(request_id, parameters=SMALL["parameters"])

    terms = verify(done.json["receipt"], kiosk.keys).terms
    assert (terms["v"], terms["salt"]) == (6, salt)
    without = {name: value for name, value in done.json.items() if name != "receipt"}
    for answer in (said.json, looked.json, listed.json, without):
        assert salt not in str(answer)


def test_long_after_its_answer_was_forgotten_the_same_call_gets_a_receipt_of_the_same_use(kiosk: Kiosk) -> None:
    kiosk.judged("allow")
    now = int(kiosk.world.clock().timestamp())
    body = kiosk.wanted(**SMALL, on_behalf_of={"token": kiosk.staff.token(exp=now + 86_400)})
    first = kiosk.post("/v1/requests", body, key="k-1")
    kiosk.world.clock.advance(86_410)
    kiosk.world.store.sweep(before=kiosk.world.clock(), limit=300)

    again = kiosk.post("/v1/requests", body, key="k-1")

    assert "idempotent-replayed" not in again.headers
    assert (again.status, again.json["id"]) == (201, first.json["id"])
    keys = kiosk.keys
    assert verify(again.json["receipt"], keys).used == verify(first.json["receipt"], keys).used
    assert kiosk.filed == 1


def test_what_is_used_at_once_counts_against_no_limit(kiosk: Kiosk) -> None:
    kiosk.judged("allow")

    assert {kiosk.at_once().status for _ in range(12)} == {201}


def unavailable(*_: object) -> str:
    raise Unavailable("no signer")
