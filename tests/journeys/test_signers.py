"""The whole program with its keys in Secret Manager, or with none at all and Google signing."""

import http.client
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from joserfc import jws

from sandbox.google import Fault
from tests.bot.commands import run
from tests.support.running import POLICY, Running, running

EMAIL = "countersign@shop-prod.iam.gserviceaccount.com"
SECRET = "projects/shop-prod/secrets/countersign"
LONG = POLICY.replace("pending: 1h", "pending: 3d")
ELSEWHERE = {
    "secret": {"COUNTERSIGN_SIGNER": f"secret:{SECRET}/versions/latest"},
    "iam": {"COUNTERSIGN_SIGNER": f"iam:{EMAIL}"},
}


@pytest.fixture
def keyless(tmp_path: Path) -> Iterator[Running]:
    """A program whose tokens Google signs."""
    with running(tmp_path, policy=LONG, environ=ELSEWHERE["iam"]) as office:
        office.box.google.accounts.add(EMAIL)
        yield office


@pytest.fixture
def secretive(tmp_path: Path) -> Iterator[Running]:
    """A program whose keys are in Secret Manager, made there by the command."""
    with running(tmp_path, environ=ELSEWHERE["secret"]) as office:
        office.box.google.secrets.create(SECRET)
        assert run("key", "rotate", env=office.environ).exit_code == 0
        yield office


def token(office: Running, request_id: str) -> jws.CompactSignature:
    """The token on the request's card, as another implementation reads it."""
    card = office.card(request_id, having="approve", by="bob")
    (value,) = {element["value"] for _, element in card.elements() if element.get("action_id") == "approve"}
    return jws.extract_compact(value.encode())


def claims(office: Running, request_id: str) -> dict[str, object]:
    return dict(json.loads(token(office, request_id).payload))


def published(office: Running) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(office.url.removeprefix("http://"), timeout=10)
    with closing(connection):
        connection.request("GET", "/.well-known/jwks.json")
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_without_the_role_a_card_waits_for_its_buttons_and_the_log_names_role_and_account(
    keyless: Running, caplog: pytest.LogCaptureFixture
) -> None:
    keyless.box.google.faults.set(Fault(method="signJwt", times=2, status=403))

    with caplog.at_level(logging.WARNING):
        asked = keyless.ask("alice", "admin")

    assert f"roles/iam.serviceAccountTokenCreator on {EMAIL}" in caplog.text
    keyless.approve("bob", asked)
    keyless.granted(asked)


def test_google_signs_the_buttons_as_the_service_account(keyless: Running) -> None:
    asked = keyless.ask("alice", "admin")

    assert token(keyless, asked).protected["alg"] == "RS256"
    found = claims(keyless, asked)
    assert (found["iss"], found["aud"], found["sub"], found["knd"]) == (EMAIL, EMAIL, asked, "activation")
    keyless.approve("bob", asked)
    keyless.granted(asked)


def test_a_click_asks_google_for_nothing(keyless: Running) -> None:
    asked = keyless.ask("alice", "pair")
    before = [call.method for call in keyless.box.google.calls()]
    keyless.box.google.faults.set(Fault(method="service_accounts.jwk", times=100, status=503))
    keyless.box.google.faults.set(Fault(method="signJwt", times=100, status=503))

    keyless.approve("bob", asked)

    assert [review.person for review in keyless.request(asked).reviews] == ["bob@example.com"]
    assert before.count("service_accounts.jwk") == 1


def test_the_keys_of_tokens_are_not_published(keyless: Running) -> None:
    keyless.ask("alice", "admin")

    assert published(keyless) == (200, b'{"keys":[]}')


def test_keys_that_cannot_be_read_are_not_published_as_none(tmp_path: Path) -> None:
    receipts = {"COUNTERSIGN_RECEIPT_SIGNER": f"secret:{SECRET}/versions/latest"}
    with running(tmp_path, environ=receipts) as office:
        office.box.google.secrets.create(SECRET)
        assert run("key", "rotate", "--receipts", env=office.environ).exit_code == 0
        office.box.google.faults.set(Fault(method="versions.access", times=100, status=503))

        assert published(office) == (503, b"the keys cannot be read now")


def test_a_rotation_at_google_leaves_the_buttons_of_a_pending_request_working(keyless: Running) -> None:
    asked = keyless.ask("alice", "admin")
    before = token(keyless, asked).protected["kid"]
    keyless.box.google.accounts.add(EMAIL)
    later = keyless.ask("alice", "narrow")

    assert token(keyless, later).protected["kid"] != before
    keyless.approve("bob", asked)
    keyless.approve("carol", later)
    keyless.granted(asked)
    keyless.granted(later)


def test_buttons_are_signed_anew_before_eleven_hours_are_over(keyless: Running) -> None:
    asked = keyless.ask("alice", "admin")
    first = claims(keyless, asked)["exp"]

    keyless.ahead(hours=10, minutes=5)

    keyless.until(lambda: claims(keyless, asked)["exp"] != first)
    keyless.ahead(hours=8)
    keyless.approve("bob", asked)
    keyless.granted(asked)


def test_keys_in_a_secret_sign_and_are_rotated_in_the_middle_of_a_request(secretive: Running) -> None:
    asked = secretive.ask("alice", "admin")
    before = token(secretive, asked).protected["kid"]

    assert run("key", "rotate", env=secretive.environ).exit_code == 0
    secretive.restart()
    later = secretive.ask("alice", "narrow")

    assert token(secretive, later).protected["kid"] != before
    secretive.approve("bob", asked)
    secretive.approve("carol", later)
    secretive.granted(asked)
    secretive.granted(later)
