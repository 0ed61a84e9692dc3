"""A transmitter changes its keys: no true signal is lost by that, and none counts by a key it withdrew."""

import json
from datetime import timedelta
from typing import Any

import pytest

from approvals.backends.calls import Response
from approvals.refusals.errors import Unavailable
from handlers.identity.keys import FRESH, PAUSE, KeySets
from handlers.identity.secevent import Events, Unacceptable
from tests.handlers.identity.test_secevent import CURVE, KEY, POLICY, STRANGER, claims, header, jwk_of
from tests.support.builders import NOW


class Page:
    """A transmitter's page of keys, which a test changes; without any nobody answers."""

    def __init__(self, *keys: dict[str, str]) -> None:
        self.keys = list(keys)

    def __call__(self, *_: Any, **__: Any) -> Response:
        if not self.keys:
            raise Unavailable("nobody answers")
        return Response(status=200, headers={}, body=json.dumps({"keys": self.keys}).encode())


def test_a_new_key_that_a_stranger_asked_for_just_before_is_not_taken_for_nobodys() -> None:
    """Keys are read again after half a minute at the earliest, and after a 400 a SET does not come again."""
    page, at = Page(jwk_of("k1", KEY)), NOW

    heard = Events(policy=lambda: POLICY, keys=KeySets(page, lambda: at, most=2))
    with pytest.raises(Unacceptable):
        heard.read(header(STRANGER, kid="of nobody"), now=NOW)
    page.keys.append(jwk_of("k2", STRANGER))
    at = NOW + timedelta(seconds=5)
    with pytest.raises(Unavailable):
        heard.read(header(STRANGER, kid="k2"), now=at)

    at = NOW + PAUSE
    assert heard.read(header(STRANGER, kid="k2"), now=at).person == "alice@example.com"
    with pytest.raises(Unacceptable):
        heard.read(header(KEY, kid="k2"), now=at)


def test_keys_that_are_gone_for_a_while_serve_and_those_that_were_withdrawn_do_not() -> None:
    page, at = Page(jwk_of("k1", KEY), jwk_of("c1", CURVE)), NOW

    heard = Events(policy=lambda: POLICY, keys=KeySets(page, lambda: at, most=2))
    assert heard.read(claims(), now=at).transmitter == "okta"
    kept = page.keys.pop(0)
    at = NOW + FRESH + timedelta(seconds=1)
    # The first who asks with keys that are old reads them anew.
    with pytest.raises(Unacceptable):
        heard.read(claims(iat=int(at.timestamp())), now=at)
    page.keys[:] = [kept]
    at += FRESH + timedelta(seconds=1)
    assert heard.read(claims(iat=int(at.timestamp())), now=at).transmitter == "okta"
    page.keys.clear()
    at += timedelta(hours=2)
    assert heard.read(claims(iat=int(at.timestamp())), now=at).transmitter == "okta"
