"""An application asks the running service by its client, and people decide in chat."""

import asyncio
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from approvals.freezes.freezing import freeze, thaw
from countersign_client.applications import Application, AsyncApplication, Money, errors
from countersign_client.call_tokens import new_key, private_pem
from countersign_client.keys import read_keys
from countersign_client.receipts import verify
from tests.bot.commands import ROOT
from tests.support.payments import Payments, open_payments
from tests.support.shown import words

CALLERS = ROOT / "examples" / "callers"
REQUEST = re.compile(r"r-[0-9a-z]{10}")
WALKS = {"bash": ["bash", "refund.sh"], "node": ["node", "refund.mjs"]}


@pytest.fixture(scope="module")
def payments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Payments]:
    with open_payments(tmp_path_factory.mktemp("payments")) as payments:
        yield payments


class Client:
    """Either client, of which each method is waited for."""

    def __init__(self, kind: str, payments: Payments, **changes: Any) -> None:
        made: Any = Application if kind == "sync" else AsyncApplication
        self._client = made(payments.office.url, "payments", changes.get("key", payments.key))

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            came = getattr(self._client, name)(*args, **kwargs)
            return came if isinstance(self._client, Application) else asyncio.run(came)

        return call


@pytest.fixture(params=["sync", "async"])
def client(request: pytest.FixtureRequest, payments: Payments) -> Client:
    return Client(request.param, payments)


# --- what is refused


def test_a_call_by_another_key_is_let_in_nowhere(payments: Payments) -> None:
    stranger = Client("sync", payments, key=new_key("EdDSA"))
    with pytest.raises(errors.Refused) as refused:
        stranger.require("refund", on_behalf_of=payments.token(), **payments.given("1.00"))
    assert refused.value.code == "unauthorized"


@pytest.mark.parametrize(
    ("who", "claims", "code"),
    [
        ("dan", {"employee_type": "contractor"}, "guardrail"),
        ("alice", {"aud": "another-client"}, "token"),
        ("alice", {"exp": 1_000_000_000}, "token"),
        ("gwen", {}, "token"),
    ],
)
def test_a_person_who_does_not_count_is_refused_and_nothing_is_filed(
    client: Client, payments: Payments, who: str, claims: dict[str, Any], code: str
) -> None:
    with pytest.raises(errors.Refused) as refused:
        client.require("refund", on_behalf_of=payments.token(who, **claims), **payments.given("1.00"))
    assert refused.value.code.partition(".")[0] == code
    assert refused.value.request_id == ""


def test_parameters_that_do_not_fit_are_named(client: Client, payments: Payments) -> None:
    given = {"amount": Money("1.005", "EUR"), "card": "No. 4111", "more": "x"}
    with pytest.raises(errors.Refused) as refused:
        client.ask("refund", on_behalf_of=payments.token(), **given)
    assert set(refused.value.fields) == {"parameters.amount", "parameters.order", "parameters.more"}


def test_a_stale_sign_in_is_asked_for_anew_and_the_new_one_serves(client: Client, payments: Payments) -> None:
    given = payments.given("20.00", order=f"A-stale-{client._client.__class__.__name__}")
    with pytest.raises(errors.StepUp) as anew:
        client.require("refund", on_behalf_of=payments.token(age=3600), **given)
    assert (anew.value.acr, anew.value.max_age) == (("phr",), 300)
    assert "insufficient_user_authentication" in anew.value.challenge

    stale = payments.token(age=3600, nonce=anew.value.nonce)
    with pytest.raises(errors.StepUp):
        client.require("refund", on_behalf_of=stale, **given)
    fresh = payments.token(acr="phr", nonce=anew.value.nonce)
    assert client.require("refund", on_behalf_of=fresh, **given).parameters["order"] == given["order"]


def test_a_denial_says_who_and_why(client: Client, payments: Payments) -> None:
    asked = client.ask("refund", on_behalf_of=payments.token(), **payments.given())
    box = payments.office.box
    payments.office.press("bob", "deny", asked.id)
    assert box.slack.submit("bob", {"reason": "Ask support first"}).ok
    with pytest.raises(errors.Denied, match="Ask support first") as denied:
        client.resume(asked.id, "refund", idempotency_key=f"deny-{asked.id}", **payments.given())
    assert denied.value.by == ("bob@example.com",)


def test_in_a_freeze_nothing_is_asked_for_or_used_and_afterwards_it_goes_on(
    client: Client, payments: Payments
) -> None:
    office = payments.office
    asked = client.ask("refund", on_behalf_of=payments.token(), **payments.given())
    office.approve("bob", asked.id)
    freeze(office.service.store, by="os:test", why=None, now=office.clock())
    try:
        with pytest.raises(errors.Frozen):
            client.require("refund", on_behalf_of=payments.token(), **payments.given("1.00"))
        with pytest.raises(errors.Frozen) as frozen:
            client.resume(asked.id, "refund", idempotency_key=f"frozen-{asked.id}", **payments.given())
        assert frozen.value.request_id == asked.id
    finally:
        thaw(office.service.store, by="os:test", why=None, now=office.clock())
    assert client.resume(asked.id, "refund", idempotency_key=f"frozen-{asked.id}", **payments.given())


def test_a_changed_amount_is_refused_and_the_approval_is_still_there(client: Client, payments: Payments) -> None:
    asked = client.ask("refund", on_behalf_of=payments.token(), **payments.given())
    payments.office.approve("bob", asked.id)
    with pytest.raises(errors.Refused) as refused:
        client.resume(asked.id, "refund", idempotency_key=f"changed-{asked.id}", **payments.given("251.00"))
    assert (refused.value.code, set(refused.value.fields)) == ("parameters", {"parameters.amount"})
    assert client.resume(asked.id, "refund", idempotency_key=f"right-{asked.id}", **payments.given())


def test_a_second_use_is_refused_and_the_same_one_gets_its_receipt(client: Client, payments: Payments) -> None:
    asked = client.ask("refund", on_behalf_of=payments.token(), **payments.given())
    payments.office.approve("bob", asked.id)
    first = client.resume(asked.id, "refund", idempotency_key=f"job-1-{asked.id}", **payments.given())
    with pytest.raises(errors.Used):
        client.resume(asked.id, "refund", idempotency_key=f"job-2-{asked.id}", **payments.given())
    assert (
        client.resume(asked.id, "refund", idempotency_key=f"job-1-{asked.id}", **payments.given()).text
        == first.text
    )


# --- what is allowed


def test_who_waits_is_told_when_people_have_decided(client: Client, payments: Payments) -> None:
    found: list[Any] = []
    given = payments.given(order=f"A-waits-{client._client.__class__.__name__}")
    waiting = threading.Thread(
        target=lambda: found.append(client.require("refund", on_behalf_of=payments.token(), **given))
    )
    waiting.start()
    office = payments.office

    def filed() -> list[str]:
        seen = [words(each) for each in office.box.slack.messages("#access")]
        return [found[0] for text in seen if given["order"] in text and (found := REQUEST.search(text))]

    (request,) = office.until(filed)
    office.approve("bob", request)
    waiting.join(60)

    (allowed,) = found
    assert allowed.request_id == request
    keys = read_keys(payments.office.fetch("/.well-known/jwks.json")[1].encode())
    assert verify(allowed.text, keys).decision.by == ("bob@example.com",)


def test_what_a_guardrail_allows_is_done_at_once_and_said_so(client: Client, payments: Payments) -> None:
    allowed = client.require("refund", on_behalf_of=payments.token(), **payments.given("40.00"))
    assert allowed.receipt.terms["requirement"]["kind"] == "allow"
    assert allowed.receipt.decision.by == ()


def test_a_withdrawn_request_allows_nothing(client: Client, payments: Payments) -> None:
    asked = client.ask("refund", on_behalf_of=payments.token(), **payments.given())
    assert client.withdraw(asked.id).state == "withdrawn"
    with pytest.raises(errors.Withdrawn):
        client.resume(asked.id, "refund", idempotency_key=f"gone-{asked.id}", **payments.given())


# --- without our package


def walked(payments: Payments, language: str, amount: str, token: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(WALKS[language][0]) is None or shutil.which("curl") is None:
        pytest.skip(f"{language} or curl is not installed here")
    key = payments.office.folder / "key.pem"
    key.write_text(private_pem(payments.key))
    environ = {
        "PATH": os.environ["PATH"],
        "APP_ID": "payments",
        "APP_KEY": str(key),
        "APP_KID": payments.key.kid,
        "COUNTERSIGN_API_URL": payments.office.url,
        "no_proxy": "127.0.0.1",
    }
    command = [*WALKS[language], "A-17", amount, "EUR", "4111 1111"]
    return subprocess.run(
        command,
        cwd=CALLERS,
        env=environ,
        input=f"{token}\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("language", WALKS)
def test_a_walk_that_is_refused_prints_no_receipt(payments: Payments, language: str) -> None:
    done = walked(payments, language, "40.00", payments.token("dan", employee_type="contractor"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "Contractors refund nothing" in done.stderr


@pytest.mark.parametrize("language", WALKS)
def test_a_walk_ends_with_a_receipt_that_verifies(payments: Payments, language: str) -> None:
    done = walked(payments, language, "40.00", payments.token())
    assert done.returncode == 0, done.stderr
    keys = read_keys(payments.office.fetch("/.well-known/jwks.json")[1].encode())
    assert verify(done.stdout.strip(), keys).request in done.stderr
