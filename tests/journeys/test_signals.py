"""A transmitter says that a session was revoked, or an account disabled: within seconds nothing is left of it."""

import http.client
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.freezes.freezing import freeze
from handlers.signals.door import BURST
from sandbox.signals import ACCOUNT_DISABLED, SESSION_REVOKED, VERIFICATION, Pushed, Transmitter, email
from tests.support.running import POLICY, Running, running

ALICE = email("alice@example.com")


def listed(transmitter: Transmitter) -> str:
    return (
        f"{POLICY}\nsignals:\n  - id: idp\n    issuer: {transmitter.url}\n    jwks_uri: {transmitter.jwks_uri}\n"
        f"    audience: {transmitter.audience}\n"
    )


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as made:
        made.policy_file.write_text(listed(made.box.transmitter))
        made.until(lambda: made.service.policy.current().signals)
        yield made


def push(office: Running, token: str) -> Pushed:
    return office.box.transmitter.push(f"{office.url}/signals", token)


def granted(office: Running) -> str:
    request_id = office.ask("alice", "admin")
    office.approve("bob", request_id)
    assert office.granted(request_id)
    return request_id


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (SESSION_REVOKED, "A session of its holder was revoked where they sign in"),
        (ACCOUNT_DISABLED, "The account of its holder is deactivated, suspended or deleted"),
    ],
)
def test_at_once_access_is_gone_and_people_read_why(office: Running, event: str, said: str) -> None:
    """The clock stands still meanwhile, so nothing of it waits for a time to come."""
    held, waits = granted(office), office.ask("alice", "pair")
    office.settled()
    office.clock.still = office.clock()

    assert push(office, office.box.transmitter.mint(event, ALICE)) == Pushed(status=202, body="")
    assert (office.grant(held), office.request(waits).state) == ("revoked", "withdrawn")
    office.gone(held)
    office.sees(said, held)
    office.sees("Withdrawn:", waits)
    office.told("alice", said)


def test_after_a_revoked_session_one_may_ask_at_once(office: Running) -> None:
    held = granted(office)
    push(office, office.box.transmitter.mint(SESSION_REVOKED, ALICE))

    office.gone(held)  # what begins in the same second would take its binding over
    assert granted(office)


def test_a_signal_that_is_sent_again_is_acknowledged_and_does_nothing(office: Running) -> None:
    held = granted(office)
    token = office.box.transmitter.mint(ACCOUNT_DISABLED, ALICE)
    push(office, token)
    office.gone(held)  # as above
    fresh = granted(office)

    assert push(office, token).status == 202
    assert (office.grant(held), office.grant(fresh)) == ("revoked", "active")
    told = [each for each in office.service.store.entries("") if each.action == "signal.heeded"]
    assert [(each.detail["transmitter"], each.detail["person"], each.detail["taken"]) for each in told] == [
        ("idp", "alice@example.com", 1)
    ]


def test_what_does_nothing_is_answered_by_its_code_and_counted(
    office: Running, caplog: pytest.LogCaptureFixture
) -> None:
    held, transmitter = granted(office), office.box.transmitter
    forged = Transmitter(transmitter.url, office.clock.seconds).mint(ACCOUNT_DISABLED, ALICE)
    old = int((office.clock() - timedelta(days=2)).timestamp())
    tokens = {
        "invalid_key": forged,
        "invalid_issuer": transmitter.mint(ACCOUNT_DISABLED, ALICE, iss="https://evil.example"),
        "invalid_audience": transmitter.mint(ACCOUNT_DISABLED, ALICE, aud="https://elsewhere.example.com"),
        "invalid_request": transmitter.mint(ACCOUNT_DISABLED, ALICE, iat=old),
    }

    with caplog.at_level(logging.WARNING):
        for err, token in tokens.items():
            answer = push(office, token)
            assert (answer.status, json.loads(answer.body)["err"]) == (400, err)
            assert set(json.loads(answer.body)) == {"err", "description"}
            assert token.rpartition(".")[2] not in caplog.text
    assert caplog.text.count("a signal does nothing") == len(tokens)
    assert office.grant(held) == "active"


@pytest.mark.parametrize("what", ["event", "subject"])
def test_what_is_unknown_is_acknowledged_and_does_nothing(office: Running, what: str) -> None:
    held, transmitter = granted(office), office.box.transmitter
    token = (
        transmitter.mint(VERIFICATION, {"format": "opaque", "id": "stream"})
        if what == "event"
        else transmitter.mint(ACCOUNT_DISABLED, email("nobody@example.com"))
    )

    assert push(office, token).status == 202
    assert office.grant(held) == "active"


def called(office: Running, method: str, body: bytes, **headers: str) -> int:
    connection = http.client.HTTPConnection(office.url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, "/signals", body=body, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_nothing_but_a_set_in_a_post_is_heard(office: Running) -> None:
    held = granted(office)
    token = office.box.transmitter.mint(ACCOUNT_DISABLED, ALICE).encode()
    kind = {"Content-Type": "application/secevent+jwt"}

    assert called(office, "GET", b"") == 405
    assert called(office, "PUT", token, **kind) == 405
    assert called(office, "POST", token) == 400
    assert called(office, "POST", token, **{"Content-Type": "application/jwt"}) == 400
    assert called(office, "POST", token, **kind, **{"Content-Encoding": "gzip"}) == 400
    assert called(office, "POST", b"", **kind) == 400
    assert called(office, "POST", b"\xff\xfe", **kind) == 400
    assert called(office, "POST", b"x" * 70_000, **kind) == 413
    assert office.grant(held) == "active"


def test_where_the_policy_lists_nobody_there_is_nothing_to_hear(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        assert push(office, office.box.transmitter.mint(ACCOUNT_DISABLED, ALICE)).status == 404


def test_in_a_freeze_access_is_taken_all_the_same(office: Running) -> None:
    held = granted(office)
    freeze(office.service.store, by="ops@host", why=None, now=office.clock())

    assert push(office, office.box.transmitter.mint(SESSION_REVOKED, ALICE)).status == 202
    office.gone(held)


def test_what_strangers_send_takes_no_turn_of_the_transmitters(office: Running) -> None:
    """Anybody can name it: as many forged signals as it may send at once, and more, hold up none of its own."""
    held, transmitter = granted(office), office.box.transmitter
    # Its keys are known by then: whoever comes while they are fetched has to come again.
    assert push(office, transmitter.mint(VERIFICATION, {"format": "opaque", "id": "stream"})).status == 202
    forged = Transmitter(transmitter.url, office.clock.seconds).mint(ACCOUNT_DISABLED, ALICE)
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: push(office, forged).status, range(BURST + 50)))

    assert set(answers) <= {400, 503}
    assert push(office, transmitter.mint(SESSION_REVOKED, ALICE)).status == 202
    assert office.grant(held) == "revoked"
