"""`countersign serve` ends in order while programs wait for a change: Cloud Run kills what takes ten seconds."""

import json
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from approvals.backends.stores.sqlite import open_sqlite
from approvals.reconcile.runner import LEASE
from countersign_client.calls import Response, send
from handlers.api.opened import OF_ONE
from handlers.identity.iap import HEADER
from sandbox.app import Sandbox
from sandbox.google.faults import Fault
from sandbox.iap.accounts import google
from sandbox.iap.assertions import assertion
from sandbox.iap.gate import Gate
from tests.bot.commands import environment
from tests.bot.test_serve import served
from tests.bot.test_serve_ending import TEN
from tests.support.drips import dripping

ASK = {"entitlement": "admin", "justification": "INC-1 disk full"}


def test_a_program_that_waits_for_a_change_is_answered_and_holds_up_no_end(tmp_path: Path) -> None:
    with Sandbox.start(iap_port=0) as box, ThreadPoolExecutor(OF_ONE) as pool:
        assert box.iap is not None
        with served(environment(tmp_path, **behind(box)), tmp_path) as (child, url):
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


def test_whatever_hangs_outside_it_ends_in_time_and_what_was_acknowledged_is_there(tmp_path: Path) -> None:
    """Google, Slack and the mail server at once, and programs that wait: each may take all the time there is."""
    with (
        Sandbox.start(iap_port=0) as box,
        dripping("handshake") as mail,
        ThreadPoolExecutor(OF_ONE) as pool,
    ):
        assert box.iap is not None
        env = environment(tmp_path, **behind(box), **mailing(mail.port), LONGEST="2")
        copying(tmp_path / "policy.yaml")
        box.google.faults.set(Fault(method="setIamPolicy", stall=True, times=9))
        with served(env, tmp_path) as (child, url):
            call = partial(called, box.iap.gate, url)
            first = json.loads(call("/v1/requests", ASK).body)
            assert mail.was_asked_once()
            for method in ("chat.update", "chat.postMessage"):
                box.slack.faults.add(method, "drip", times=100)
            asked = json.loads(call("/v1/requests", ASK, key="another").body)
            shown = {"revision": asked["revision"], "digest": asked["digest"]}
            assert call(f"/v1/requests/{asked['id']}/approve", shown, who="bob@example.com").status == 200
            box.google.faults.wait_for_stall(60)
            box.slack.wait(lambda: box.slack.faults.calls.get("chat.postMessage", 0) > 1, seconds=60)
            path = f"/v1/requests/{first['id']}"
            held = [pool.submit(_waits, lambda: call(f"{path}?wait=25")) for _ in range(OF_ONE)]
            _until_all_wait(lambda: call(f"{path}?wait=1"))
            begun = time.monotonic()
            child.send_signal(signal.SIGTERM)
            _, err = child.communicate(timeout=60)
            took = time.monotonic() - begun
        box.google.faults.clear()

        assert took < TEN
        assert (child.returncode, "Traceback" in err) == (0, False), err
        assert {each.result().status for each in held} == {200}
        kept(tmp_path / "countersign.db", asked["id"])


def kept(path: Path, request_id: str) -> None:
    """The vote that was acknowledged is kept, and what was under way is due again once nobody holds it."""
    now = datetime.now(UTC)
    store = open_sqlite(path, now=now)
    try:
        request = store.request(request_id)
        assert (request.state, [each.person for each in request.reviews]) == ("approved", ["bob@example.com"])
        due = store.due(now=now + LEASE, limit=100)
        assert {subject.partition(":")[0] for subject in due} >= {"request", "binding"}
    finally:
        store.close()


def behind(box: Sandbox) -> dict[str, str]:
    assert box.iap is not None
    return {
        "SLACK_API_URL": box.slack_api_url,
        "SLACK_BOT_TOKEN": box.bot_token,
        "SLACK_SIGNING_SECRET": box.signing_secret,
        "GOOGLE_API_BASE_URL": box.google_api_url,
        "COUNTERSIGN_PAGES_URL": box.iap.gate.url,
        "IAP_AUDIENCE": box.iap.gate.audience,
        "IAP_JWKS_URL": box.iap_jwks_url,
    }


def mailing(port: int) -> dict[str, str]:
    return {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_SENDER_ADDRESS": "countersign@example.com",
        "SMTP_ENABLE_STARTTLS": "false",
    }


def copying(policy: Path) -> None:
    """Whoever asks gets a mail at once."""
    text = policy.read_text()
    assert "  pending: 1h\n" in text
    policy.write_text(text.replace("  pending: 1h\n", "  pending: 1h\n  email: {copy: requester}\n"))


def called(
    gate: Gate, url: str, path: str, body: Any = None, *, who: str = "alice@example.com", key: str = "k"
) -> Response:
    """Call as somebody, as the proxy passes it on."""
    said = assertion(gate.keys, google(who), audience=gate.audience, now=time.time())
    headers = {HEADER.decode(): said, "Content-Type": "application/json", "Idempotency-Key": key}
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
