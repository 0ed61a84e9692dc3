"""The FastAPI example, served, against the running service: it pays what was allowed, and says what was not."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from countersign_client.call_tokens import private_pem
from countersign_client.calls import Response, send
from tests.bot.commands import ROOT
from tests.support.payments import Payments, open_payments
from tests.support.servers import serve


@pytest.fixture(scope="module")
def payments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Payments]:
    with open_payments(tmp_path_factory.mktemp("fastapi")) as payments:
        yield payments


@pytest.fixture(scope="module")
def shop(payments: Payments) -> Iterator[str]:
    key = payments.office.folder / "key.pem"
    key.write_text(private_pem(payments.key))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERSIGN_API_URL", payments.office.url)
        patch.setenv("PAYMENTS_KEY", str(key))
        spec = importlib.util.spec_from_file_location("fastapi_refunds", ROOT / "examples" / "fastapi_refunds.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Its records name each other, which pydantic looks up where modules are.
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        patch.setattr(module, "WAIT", 0.5)
        with serve(module.app) as url:
            yield url


def post(shop: str, token: str, amount: str = "250.00") -> Response:
    body = json.dumps({"order": "A-17", "amount": amount, "card": "No. 4111"}).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    return send("POST", f"{shop}/refunds", timeout=60, headers=headers, body=body)


def told(answer: Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.body)
    return found


def test_what_is_not_allowed_is_not_paid_and_says_why(shop: str, payments: Payments) -> None:
    assert post(shop, "").status == 401
    assert post(shop, payments.token(), "-1").status == 422
    contractor = post(shop, payments.token("dan", employee_type="contractor"), "1.00")
    assert (contractor.status, "Contractors refund nothing" in told(contractor)["detail"]) == (409, True)
    stale = post(shop, payments.token(age=3600), "1.00")
    assert (stale.status, "max_age" in stale.headers["www-authenticate"]) == (401, True)


def test_what_waits_is_looked_for_again_and_then_paid_or_not(shop: str, payments: Payments) -> None:
    token = payments.token()
    for button, status in (("approve", 200), ("deny", 403)):
        waiting = post(shop, token)
        assert waiting.status == 202
        request = told(waiting)["request"]
        office = payments.office
        assert office.press("bob", button, request).ok
        if button == "deny":
            assert office.box.slack.submit("bob", {"reason": "No"}).ok
        where = f"{shop}{waiting.headers['location']}"
        settled = send("GET", where, timeout=60, headers={"Authorization": f"Bearer {token}"})
        assert settled.status == status
        assert ("receipt" in told(settled)) is (status == 200)


def test_what_a_guardrail_allows_is_paid_at_once(shop: str, payments: Payments) -> None:
    answer = post(shop, payments.token(), "40.00")
    assert (answer.status, told(answer)["state"]) == (200, "paid")
