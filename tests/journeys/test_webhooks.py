"""An application's own webhook is told of a decision, whoever else waits for nothing."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from countersign_client.applications import verify_webhook
from handlers.channel import Unusable
from tests.bot.commands import run
from tests.support.applications import App
from tests.support.emulators import firestore_host, new_project
from tests.support.programs import Program, policy
from tests.support.receivers import Hook, hook
from tests.support.running import Running, running

__all__ = ["firestore_host"]

KEYS, SHARED = (f"projects/shop-prod/secrets/{name}" for name in ("webhooks", "shop-webhook"))
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as found:
        yield found


def office_of(folder: Path, app: App, receiver: Hook, *, shared: str = "", **environ: str) -> Any:
    at = f'"id": "{app.name}", "webhook": "{receiver.url}"'
    at += f', "webhook_secret": "secret:{shared}"' if shared else ""
    own = policy(app).replace(f'"id": "{app.name}"', at)
    assert at in own
    return running(folder, policy=own, environ=environ, iap_port=0)


def clocked(app: App, office: Running) -> Program:
    app._now = office.clock
    return Program(office, app)


def test_a_policy_with_a_webhook_does_not_start_where_nothing_signs_for_it(tmp_path: Path, receiver: Hook) -> None:
    with (
        pytest.raises(Unusable, match="COUNTERSIGN_WEBHOOK_SIGNER: the policy names a webhook for shop"),
        office_of(tmp_path, App("shop"), receiver),
    ):
        pass


@pytest.mark.parametrize("store", ["sqlite", "firestore"])
def test_a_receiver_that_does_not_answer_holds_up_no_click_and_is_told_in_the_end(
    tmp_path: Path,
    receiver: Hook,
    store: str,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shop = App("shop")
    environ = {"COUNTERSIGN_WEBHOOK_SIGNER": f"file:{tmp_path / 'webhooks.jwk'}"}
    if store == "firestore":
        environ["COUNTERSIGN_STORE"] = f"firestore://{new_project()}/(default)"
        environ["FIRESTORE_EMULATOR_HOST"] = request.getfixturevalue("firestore_host")
    with office_of(tmp_path, shop, receiver, **environ) as office:
        program = clocked(shop, office)
        receiver.open.clear()
        for _ in range(2):
            program.ask("99.00")
        office.until(lambda: len(receiver.came) == 2)
        asked = program.ask()
        office.approve("bob", asked["id"])
        assert program.get(f"/v1/requests/{asked['id']}").json["state"] == "approved"
        receiver.open.set()
        office.until(lambda: any(asked["id"].encode() in each.body for each in receiver.came))
        published = office.fetch("/.well-known/jwks.json")[1]
        receiver.open.clear()
        before = len(receiver.came)
        program.ask("99.00")
        office.until(lambda: len(receiver.came) > before)
    # A receiver has 15 seconds to answer, and whoever stops a service gives it ten.
    assert "the service ended before an answer came" in caplog.text

    came = next(each for each in receiver.came if asked["id"].encode() in each.body)
    told = verify_webhook(came.body, came.headers, published)
    assert (told.type, told.request, told.version) == ("request.approved", asked["id"], 2)


def test_keys_and_the_shared_secret_are_read_where_they_are_kept_and_stand_in_no_log(
    tmp_path: Path, receiver: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    shop = App("shop")
    environ = {"COUNTERSIGN_WEBHOOK_SIGNER": f"secret:{KEYS}/versions/latest"}
    with office_of(tmp_path, shop, receiver, shared=SHARED, **environ) as office:
        for each in (KEYS, SHARED):
            office.box.google.secrets.create(each)
        office.box.google.secrets.add(SHARED, {"data": base64.b64encode(SECRET.encode()).decode()}, created="now")
        assert run("key", "rotate", "--webhooks", env=office.environ).exit_code == 0
        asked = clocked(shop, office).ask("99.00")
        office.until(lambda: len(receiver.came) > 0)
        published = office.fetch("/.well-known/jwks.json")[1]

    came = receiver.came[0]
    assert verify_webhook(came.body, came.headers, published).request == asked["id"]
    # The same by the library that receivers have.
    assert Webhook(SECRET).verify(came.body.decode(), came.headers)["data"]["request"] == asked["id"]
    assert SECRET.removeprefix("whsec_") not in caplog.text
