"""`countersign serve` ends in order while programs wait for a change: Cloud Run kills what takes ten seconds."""

import json
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from countersign_client.calls import Response, send
from handlers.api.opened import OF_ONE
from handlers.identity.iap import HEADER
from sandbox.app import Sandbox
from sandbox.iap.accounts import google
from sandbox.iap.assertions import assertion
from sandbox.iap.gate import Gate
from tests.bot.commands import environment
from tests.bot.test_serve import served

ASK = {"entitlement": "admin", "justification": "INC-1 disk full"}


def test_a_program_that_waits_for_a_change_is_answered_and_holds_up_no_end(tmp_path: Path) -> None:
    with Sandbox.start(iap_port=0) as box, ThreadPoolExecutor(OF_ONE) as pool:
        assert box.iap is not None
        behind = {
            "SLACK_API_URL": box.slack_api_url,
            "SLACK_BOT_TOKEN": box.bot_token,
            "SLACK_SIGNING_SECRET": box.signing_secret,
            "GOOGLE_API_BASE_URL": box.google_api_url,
            "COUNTERSIGN_PAGES_URL": box.iap.gate.url,
            "IAP_AUDIENCE": box.iap.gate.audience,
            "IAP_JWKS_URL": box.iap_jwks_url,
        }
        with served(environment(tmp_path, **behind), tmp_path) as (child, url):
            call = partial(called, box.iap.gate, url)
            asked = call("/v1/requests", ASK)
            request = f"/v1/requests/{json.loads(asked.body)['id']}"
            held = [pool.submit(_waits, lambda: call(f"{request}?wait=25")) for _ in range(OF_ONE)]
            _until_all_wait(lambda: call(f"{request}?wait=1"))
            child.send_signal(signal.SIGTERM)
            _, err = child.communicate(timeout=60)

    assert [each.result().status for each in held] == [200] * OF_ONE
    assert child.returncode == 0
    assert "ERROR" not in err


def called(gate: Gate, url: str, path: str, body: Any = None) -> Response:
    """Call as Alice, as the proxy passes it on."""
    said = assertion(gate.keys, google("alice@example.com"), audience=gate.audience, now=time.time())
    headers = {HEADER.decode(): said, "Content-Type": "application/json", "Idempotency-Key": "k"}
    octets = json.dumps(body).encode() if body else None
    return send("POST" if body else "GET", url + path, timeout=60, headers=headers, body=octets)


def _waits(ask: Callable[[], Response]) -> Response:
    """Whoever looks whether all wait may have had the place for a moment."""
    while (answer := ask()).status == 429:
        time.sleep(0.3)
    return answer


def _until_all_wait(one_more: Callable[[], Response]) -> None:
    """An account has so many places, so one more is refused once all of them wait."""
    while json.loads(one_more().body).get("code") != "polls.own":
        time.sleep(0.3)
