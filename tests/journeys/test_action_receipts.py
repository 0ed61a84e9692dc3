"""The receipt that an application gets for a use: both verifiers read it, and no other word in it holds."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from approvals.backends.signers.file import FileSigner
from approvals.backends.signers.purposes import RECEIPTS
from countersign_client.canonical import digest
from tests.support.counter import ENVIRON, Counter
from tests.support.running import Running, running
from tests.support.verifiers import Case, by_node, by_python, needs_node
from tools.receipts.made import altered

COUNTER = Counter()
SMALL = {"amount": {"amount": "9.00", "currency": "EUR"}, "order": "A-18"}


class Office:
    """The program with a signer of receipts, whose keys a test may use as if it had stolen them."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running = running
        self._signer = FileSigner(folder / "receipts.jwk", issuer=self.issuer, purpose=RECEIPTS)
        self._keys = json.loads(running.fetch("/.well-known/jwks.json")[1])

    def issuer(self) -> str:
        return f"countersign:{self.running.service.store.installation().instance}"

    def used(self, **asked: Any) -> Case:
        """What the use of a refund returned, which alice confirmed and bob approved where anybody had to."""
        request_id = COUNTER.ask(self.running, **asked)
        assert self.running.press("alice", "confirm", request_id).ok
        if self.running.request(request_id).state == "pending":
            self.running.approve("bob", request_id)
        return self.case(COUNTER.consume(self.running, request_id, **asked)["receipt"])

    def case(self, receipt: str) -> Case:
        return {"receipt": receipt, "keys": self._keys, "issuer": self.issuer()}

    def forged(self, claims: dict[str, Any]) -> Case:
        return self.case(self._signer.sign(claims))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("counter")
    environ = {**ENVIRON, "COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}"}
    with running(folder, policy=COUNTER.policy, environ=environ) as program:
        yield Office(program, folder)


@pytest.fixture(scope="module")
def refund(office: Office) -> Case:
    return office.used()


def said(case: Case) -> dict[str, Any]:
    """The claims of a receipt, whoever signed it."""
    found: dict[str, Any] = jwt.decode(case["receipt"], options={"verify_signature": False})
    return found


ACTION = "terms.targets.0"
WORDS = {
    "a word that was shown": ("terms.shown.2.1", "25.00 EUR", "shown"),
    "a parameter": (f"{ACTION}.parameters.0.value", "2500.00 EUR", "shown"),
    "what it acts on": (f"{ACTION}.key", "order/A-18", "shown"),
    "the person": ("terms.person.principal", "dan@example.com", "shown"),
    "how the person was proven": ("terms.person.proven", "token", "shown"),
    "the policy": ("terms.policy", "sha256:" + "0" * 64, ""),
}
"""What is altered, and the check that finds it where the digest was made anew: of the policy nothing was shown."""


def wrong(office: Office, refund: Case) -> dict[str, tuple[Case, str]]:
    """A real receipt with one thing altered: after it was signed, before it was, and with its digest made anew."""
    good = said(refund)
    head, _, signature = refund["receipt"].split(".")
    found = {}
    for name, (path, value, code) in WORDS.items():
        other = altered(good, path, value)
        body = jwt.utils.base64url_encode(json.dumps(other).encode()).decode()
        found[f"{name}, after it was signed"] = office.case(f"{head}.{body}.{signature}"), "signature"
        found[f"{name}, signed"] = office.forged(other), "digest"
        if code:
            anew = other | {"dig": digest(other["terms"])}
            found[f"{name}, signed with its digest"] = office.forged(anew), code
    return found


def test_one_other_word_fails(office: Office, refund: Case) -> None:
    for name, (case, code) in wrong(office, refund).items():
        assert by_python(case) == {"holds": False, "code": code}, name


@needs_node
def test_one_other_word_fails_in_node_as_well_and_what_holds_has_the_same_page(
    office: Office, refund: Case, tmp_path: Path
) -> None:
    cases = {"good": (refund, ""), "small": (office.used(parameters=SMALL), ""), **wrong(office, refund)}
    for number, (name, (case, _)) in enumerate(cases.items()):
        (tmp_path / f"{number}.json").write_text(json.dumps(case | {"name": name}))

    answers = by_node(tmp_path)

    assert {name: found.get("code", "") for name, found in answers.items()} == {
        name: code for name, (_, code) in cases.items()
    }
    for name in ("good", "small"):
        assert answers[name] == by_python(cases[name][0])


def test_it_says_what_was_approved_by_whom_and_how_the_person_was_proven(refund: Case) -> None:
    page = "\n".join(by_python(refund)["page"])

    assert "was approved, and used once" in page
    assert "Asked by        payments, on behalf of alice@example.com" in page
    assert "  Amount: 250.00 EUR" in page
    assert "  Card: •••• (not shown)" in page
    assert "  Proven by: asserted by payments" in page
    assert "Confirmed       by alice@example.com" in page
    assert "by bob@example.com" in page
    assert "4111111111111111" not in json.dumps(said(refund))


def test_what_a_guardrail_let_through_says_that_nobody_approved_it(office: Office) -> None:
    page = "\n".join(by_python(office.used(parameters=SMALL))["page"])

    assert "Needs           nobody, as a guardrail of the policy allows" in page
    assert "without people, as a guardrail of the policy allows" in page
