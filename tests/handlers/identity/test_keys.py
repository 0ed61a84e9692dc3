"""Keys that are fetched: seldom enough for strangers, soon enough for a new key, never a wrong one."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from approvals.refusals.errors import Unavailable
from countersign_client.jwks import public_jwk
from handlers.identity.keys import FRESH, KEPT, MOST, PAUSE, PublishedKeys
from tests.support.assertions import KeyPage, Proxy, encoded
from tests.support.doubles import Clock

OLD, NEW = Proxy("old"), Proxy("new")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def page() -> KeyPage:
    return KeyPage(OLD)


@pytest.fixture
def keys(page: KeyPage, clock: Clock) -> PublishedKeys:
    return PublishedKeys("https://keys", send=page.send, clock=clock)


def test_strangers_who_name_any_number_of_keys_cause_one_fetch(keys: PublishedKeys, page: KeyPage) -> None:
    for number in range(100):
        assert keys.find(f"nobody's {number}") is None

    assert page.asked == 1


def test_a_key_that_is_known_is_asked_for_once_an_hour(keys: PublishedKeys, page: KeyPage, clock: Clock) -> None:
    assert keys.find("old") is not None
    clock.advance(FRESH.total_seconds())
    assert keys.find("old") is not None
    assert page.asked == 1

    clock.advance(1)
    assert keys.find("old") is not None
    assert page.asked == 2


def test_a_new_key_is_found_once_the_pause_is_over(keys: PublishedKeys, page: KeyPage, clock: Clock) -> None:
    keys.find("old")
    page.publish(OLD, NEW)

    assert keys.find("new") is None
    clock.advance(PAUSE.total_seconds())
    assert keys.find("new") is not None


def test_a_key_that_was_withdrawn_counts_no_longer_than_an_hour(
    keys: PublishedKeys, page: KeyPage, clock: Clock
) -> None:
    keys.find("old")
    page.publish(NEW)
    clock.advance(FRESH.total_seconds() + 1)

    assert keys.find("old") is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, b"{}"),
        (404, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"keys": {}}'),
        (200, b'{"keys": []}'),
        (200, b'{"keys": [1, null, "k"]}'),
        (200, b'{"keys": ' + b" " * 65_536 + b"[]}"),
        (200, b"[" * 100_000),
        (200, json.dumps({"keys": [OLD.jwk] * (MOST + 1)}).encode()),
    ],
)
def test_what_is_no_set_of_keys_replaces_none_that_is_known(
    keys: PublishedKeys, page: KeyPage, clock: Clock, status: int, body: bytes
) -> None:
    keys.find("old")
    page.status, page.body = status, body
    clock.advance(FRESH.total_seconds() + 1)

    assert keys.find("old") is not None


def test_without_any_keys_nobody_can_be_told_apart_and_that_is_asked_for_again(
    keys: PublishedKeys, page: KeyPage, clock: Clock
) -> None:
    page.down = True
    for _ in range(10):
        with pytest.raises(Unavailable):
            keys.find("old")
    assert page.asked == 1

    page.down = False
    clock.advance(PAUSE.total_seconds())
    assert keys.find("old") is not None


def test_the_last_set_serves_for_a_day_and_no_longer(keys: PublishedKeys, page: KeyPage, clock: Clock) -> None:
    keys.find("old")
    page.down = True
    clock.advance(KEPT.total_seconds())
    assert keys.find("old") is not None

    clock.advance(1)
    with pytest.raises(Unavailable):
        keys.find("old")


def test_a_clock_that_went_back_does_not_keep_a_set_for_ever(
    keys: PublishedKeys, page: KeyPage, clock: Clock
) -> None:
    keys.find("old")
    page.publish(NEW)
    clock.now -= timedelta(days=400)

    assert keys.find("old") is None


def jwk(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**NEW.jwk, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "unfit",
    [
        jwk(kty="RSA"),
        jwk(kty=None),
        jwk(crv="P-384"),
        jwk(alg="RS256"),
        jwk(alg="none"),
        jwk(use="enc"),
        jwk(kid=None),
        jwk(kid=1),
        jwk(x="AAAA"),
        jwk(y=None),
        jwk(x=OLD.jwk["x"]),
        {"kty": "oct", "kid": "new", "k": "c2VjcmV0"},
    ],
)
def test_a_key_that_may_not_verify_is_passed_over(
    keys: PublishedKeys, page: KeyPage, unfit: dict[str, Any]
) -> None:
    page.body = json.dumps({"keys": [unfit, OLD.jwk]}).encode()

    assert keys.find("new") is None
    assert keys.find("old") is not None


def test_keys_of_every_kind_are_found(keys: PublishedKeys, page: KeyPage) -> None:
    edwards = ed25519.Ed25519PrivateKey.generate().public_key()
    large, small = (rsa.generate_private_key(public_exponent=65537, key_size=bits) for bits in (2048, 1024))
    weak = public_jwk(large.public_key()) | {
        "kid": "weak",
        "n": encoded(small.public_key().public_numbers().n.to_bytes(128)),
    }
    page.body = json.dumps(
        {"keys": [public_jwk(edwards) | {"kid": "ed"}, public_jwk(large.public_key()) | {"kid": "rsa"}, weak]}
    ).encode()

    assert keys.find("ed") == edwards
    assert keys.find("rsa") == large.public_key()
    assert keys.find("weak") is None


def test_of_two_keys_by_one_id_neither_counts(keys: PublishedKeys, page: KeyPage) -> None:
    page.publish(Proxy("old"), OLD, NEW)

    assert keys.find("old") is None
    assert keys.find("new") is not None


def test_while_a_stranger_s_key_is_looked_for_everybody_else_goes_on(page: KeyPage, clock: Clock) -> None:
    begun, go = threading.Event(), threading.Event()
    slow = False

    def slowly(*args: Any, **options: Any) -> Any:
        if slow:
            begun.set()
            assert go.wait(60)
        return page.send(*args, **options)

    keys = PublishedKeys("https://keys", send=slowly, clock=clock)
    assert keys.find("old") is not None
    slow = True
    clock.advance(FRESH.total_seconds() + 1)
    stranger = threading.Thread(target=keys.find, args=("nobody's",))
    stranger.start()
    assert begun.wait(60)

    try:
        assert keys.find("old") is not None
        for number in range(100):
            with pytest.raises(Unavailable):
                keys.find(f"nobody's {number}")
        assert stranger.is_alive()
    finally:
        go.set()
        stranger.join(60)
    assert page.asked == 2


def test_of_threads_that_ask_at_once_one_fetches(page: KeyPage, clock: Clock) -> None:
    begun, go = threading.Event(), threading.Event()

    def slowly(*args: Any, **options: Any) -> Any:
        begun.set()
        go.wait(60)
        return page.send(*args, **options)

    keys = PublishedKeys("https://keys", send=slowly, clock=clock)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(keys.find("old"))) for _ in range(5)]
    for thread in threads:
        thread.start()
    begun.wait(60)
    go.set()
    for thread in threads:
        thread.join(60)

    assert len(found) == 5
    assert None not in found
    assert page.asked == 1
