"""Signals that come in drops, and a transmitter that sends more than its pace: nobody else waits, none is lost."""

import base64
import hashlib
import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.signals import ACCOUNT_DISABLED, SESSION_REVOKED, VERIFICATION
from tests.journeys.test_signals import ALICE, granted, listed, push
from tests.support.running import Running, running

BURST = 3
STREAM = {"format": "opaque", "id": "stream"}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """One whose transmitters may send three signals, and one more an hour; a whole message has two seconds."""
    monkeypatch.setattr("handlers.signals.door.BURST", BURST)
    monkeypatch.setattr("handlers.signals.door.EVERY", 3600.0)
    monkeypatch.setattr("bot.protocol.TIMEOUT", 2.0)
    with running(tmp_path) as made:
        made.policy_file.write_text(listed(made.box.transmitter))
        made.until(lambda: made.service.policy.current().signals)
        yield made


def claims(token: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def test_a_signal_that_comes_in_drops_is_broken_off_and_takes_no_turn(office: Running) -> None:
    held, transmitter = granted(office), office.box.transmitter
    token = transmitter.mint(ACCOUNT_DISABLED, ALICE).encode()
    kind = "Content-Type: application/secevent+jwt"
    head = f"POST /signals HTTP/1.1\r\nHost: x\r\n{kind}\r\nContent-Length: {len(token)}"
    where = urlsplit(office.url)
    assert where.hostname is not None
    dripping = [socket.create_connection((where.hostname, where.port or 80), timeout=60) for _ in range(20)]
    try:
        for each in dripping:
            each.sendall(head.encode() + b"\r\n\r\n" + token[:-1])
        assert [push(office, transmitter.mint(VERIFICATION, STREAM)).status for _ in range(BURST)] == [202] * BURST
        # Each is answered or closed, and not one of them is heeded.
        assert not any(b" 202 " in each.recv(4096) for each in dripping)
    finally:
        for each in dripping:
            each.close()
    assert office.grant(held) == "active"


def test_a_transmitter_that_floods_is_told_to_come_again_and_what_it_was_told_so_of_is_not_lost(
    office: Running, caplog: pytest.LogCaptureFixture
) -> None:
    held, transmitter = granted(office), office.box.transmitter
    ends = transmitter.mint(SESSION_REVOKED, ALICE)
    with caplog.at_level(logging.WARNING):
        every = [push(office, transmitter.mint(VERIFICATION, STREAM)).status for _ in range(BURST + 2)]
        assert push(office, ends).status == 429

    assert every == [202] * BURST + [429] * 2
    assert caplog.text.count("its transmitter sends too many") == 1
    assert office.grant(held) == "active"
    # Nothing says that it was heeded, so it is when it comes again.
    name = hashlib.sha256(claims(ends)["jti"].encode()).hexdigest()
    assert office.service.store.mark(f"signal:idp:{name}") is None


def test_a_flood_of_signals_keeps_no_click_waiting(office: Running) -> None:
    transmitter = office.box.transmitter
    for _ in range(BURST + 1):
        push(office, transmitter.mint(VERIFICATION, STREAM))

    assert office.grant(granted(office)) == "active"
