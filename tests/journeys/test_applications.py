"""An application asks, people decide in chat, and it does once what was approved, with a receipt of it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from countersign_client.keys import read_keys
from countersign_client.receipts import verify
from handlers.channel import Unusable
from handlers.identity.iap import HEADER
from sandbox.iap.accounts import google
from sandbox.iap.assertions import assertion
from tests.support.applications import App
from tests.support.callers import Said
from tests.support.emulators import firestore_host, new_project
from tests.support.programs import Program, policy
from tests.support.running import Running, running

__all__ = ["firestore_host"]

MANY = 20
"""More than there are threads for them."""


def office_of(folder: Path, apps: tuple[App, ...], **environ: str) -> Any:
    receipts = {"COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}"}
    return running(folder, policy=policy(*apps), environ=receipts | environ, iap_port=0)


def clocked(app: App, office: Running) -> Program:
    app._now = office.clock
    return Program(office, app)


@pytest.mark.parametrize("store", ["sqlite", "firestore"])
def test_ask_press_use_and_verify(tmp_path: Path, store: str, request: pytest.FixtureRequest) -> None:
    environ = {}
    if store == "firestore":
        host = request.getfixturevalue("firestore_host")
        environ = {
            "COUNTERSIGN_STORE": f"firestore://{new_project()}/(default)",
            "FIRESTORE_EMULATOR_HOST": host,
        }
    shop = App("shop")
    with office_of(tmp_path, (shop,), **environ) as office, ThreadPoolExecutor(1) as pool:
        program = clocked(shop, office)
        asked = program.ask()
        waits = pool.submit(_decided, program, asked["id"])
        office.approve("bob", asked["id"])
        decided = waits.result(60)
        used = program.consume(asked["id"], key="use-1")
        again = program.consume(asked["id"], key="use-1")
        other = program.consume(asked["id"], key="use-2")
        listed = program.get("/v1/requests?state=used")
        keys = read_keys(office.fetch("/.well-known/jwks.json")[1].encode())

    assert (asked["state"], decided.json["state"], used.json["request"]["state"]) == (
        "pending",
        "approved",
        "used",
    )
    assert decided.json["decision"]["by"] == ["bob@example.com"]
    assert again.body == used.body
    assert (other.status, other.code) == (409, "used")
    assert [each["id"] for each in listed.json["items"]] == [asked["id"]]
    receipt = verify(used.json["receipt"], keys)
    assert (receipt.request, receipt.digest) == (asked["id"], asked["digest"])


def test_people_and_applications_call_at_one_address_and_nobody_as_both(tmp_path: Path) -> None:
    shop = App("shop")
    with office_of(tmp_path, (shop,)) as office:
        program = clocked(shop, office)
        assert office.box.iap is not None
        gate = office.box.iap.gate
        said = assertion(
            gate.keys, google("alice@example.com"), audience=gate.audience, now=office.clock.seconds()
        )
        person = {HEADER.decode(): said}

        own = program.get("/v1/actions")
        both = program.call("GET", "/v1/actions", headers=person)
        alone = program.call("GET", "/v1/me", headers=person | {"Authorization": "Bearer of.the.proxy"})
        nobody = program.call("GET", "/v1/me", headers={"Authorization": ""})

    assert [each["id"] for each in own.json["items"]] == ["refund"]
    assert (both.status, both.code) == (401, "unauthorized")
    assert (alone.status, alone.json["principal"]) == (200, "alice@example.com")
    assert (nobody.status, nobody.code) == (401, "unauthorized")


def test_a_small_refund_is_allowed_by_its_guardrail_and_used_at_once(tmp_path: Path) -> None:
    shop = App("shop")
    with office_of(tmp_path, (shop,)) as office:
        program = clocked(shop, office)
        asked = program.ask("99.00")
        used = program.consume(asked["id"], "99.00")
        late = program.ask("98.00")
        office.ahead(minutes=11)
        lapsed = program.consume(late["id"], "98.00")

    assert (asked["state"], asked["approval"]) == ("approved", "allow")
    assert used.status == 200
    assert (lapsed.status, lapsed.code) == (409, "lapsed")


@pytest.mark.parametrize("name", ["COUNTERSIGN_API_URL", "COUNTERSIGN_RECEIPT_SIGNER"])
def test_a_policy_with_applications_does_not_start_where_none_could_call_or_prove_anything(
    tmp_path: Path, name: str
) -> None:
    with (
        pytest.raises(Unusable, match=f"{name}: it is missing"),
        office_of(tmp_path, (App("shop"),), **{name: ""}),
    ):
        pass


def test_more_calls_wait_than_there_are_threads_and_a_click_answers_all(tmp_path: Path) -> None:
    shop = App("shop")
    with office_of(tmp_path, (shop,)) as office, ThreadPoolExecutor(MANY) as pool:
        program = clocked(shop, office)
        one = program.ask()
        waits = [pool.submit(_decided, program, one["id"]) for _ in range(MANY)]
        office.until(lambda: _waiting(office) == MANY)
        office.approve("bob", one["id"])
        states = [each.result(60).json["state"] for each in waits]

    assert states == ["approved"] * MANY


def _decided(program: Program, request_id: str) -> Said:
    """Wait as a program does: again, for as long as nobody has decided."""
    while (said := program.get(f"/v1/requests/{request_id}?wait=25")).json["state"] == "pending":
        pass
    return said


def _waiting(office: Running) -> int:
    rooms = getattr(office.service.channels["application"], "rooms", None)
    return rooms.made.polls.waiting if rooms is not None and rooms.made is not None else 0


def test_a_policy_that_brings_applications_says_what_to_set(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path) as office:
        office.policy_file.write_text(policy(App("shop")))
        office.until(lambda: "COUNTERSIGN_API_URL: it is missing" in caplog.text)
        said = office.fetch("/v1/actions")

    assert said[0] == 404
