"""An approved action has a receipt once it was used: what was shown, who approved, and whose call used it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import RECEIPTS
from approvals.chains import Held
from approvals.policy.model import Requirement
from approvals.receipts import issue
from approvals.requests import Decision, Lapse, Request, Use
from countersign_client.keys import read_keys
from countersign_client.page import page
from countersign_client.receipts import Receipt, ReceiptError, verify
from tests.support.builders import NOW, action_terms, filed, review
from tests.support.refusing import refusing

BOB = "bob@example.com"
MINUTE = timedelta(minutes=1)
USED = Use(at=NOW + 2 * MINUTE, by="shop", key="refund-A-17")


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    create_keys(tmp_path / "receipts.jwk", now=NOW, purpose=RECEIPTS)
    return FileSigner(tmp_path / "receipts.jwk", issuer=lambda: "countersign:test", purpose=RECEIPTS)


def approved(**changes: Any) -> Request:
    """A refund that bob approved after a minute."""
    terms = changes.pop("terms", action_terms())
    good = {
        "state": "approved",
        "reviews": (review(BOB),),
        "decision": Decision(outcome="approved", at=NOW + MINUTE, by=(BOB,)),
    }
    return msgspec.structs.replace(filed(terms=terms).request, **(good | changes))


def issued(request: Request, signer: FileSigner) -> str:
    return issue(request, held=Held(hashes=(request.head,), faults=()), signer=signer, now=NOW + 3 * MINUTE)


def verified(request: Request, signer: FileSigner) -> Receipt:
    return verify(
        issued(request, signer), read_keys(json.dumps(signer.keys()).encode()), issuer="countersign:test"
    )


@pytest.mark.parametrize("changes", [{}, {"state": "lapsed", "lapsed": Lapse(at=NOW + 20 * MINUTE)}])
def test_an_action_that_was_not_used_has_no_receipt(changes: dict[str, Any], signer: FileSigner) -> None:
    with refusing("was approved and not used") as refused:
        issued(approved(**changes), signer)
    assert refused.value.kind == "unused"


@pytest.mark.parametrize(
    ("use", "why"),
    [
        (msgspec.structs.replace(USED, by="store"), "by another application"),
        (msgspec.structs.replace(USED, at=NOW + 11 * MINUTE), "outside of the time"),
    ],
)
def test_a_use_that_the_terms_do_not_allow_does_not_verify(use: Use, why: str, signer: FileSigner) -> None:
    with pytest.raises(ReceiptError, match=why) as refused:
        verified(approved(state="used", used=use), signer)
    assert refused.value.code == "use"


def test_a_used_action_says_what_it_was_and_by_which_call_it_was_used(signer: FileSigner) -> None:
    request = approved(state="used", used=USED)

    found = verified(request, signer)

    assert (found.digest, found.decision.by, found.decision.window) == (request.digest, (BOB,), None)
    assert found.used is not None
    assert (found.used.at, found.used.by, found.used.key) == (USED.at, "shop", "refund-A-17")
    assert found.use_by == NOW + 11 * MINUTE
    assert ["Amount", "250.00 EUR"] in found.terms["shown"]


def test_its_page_says_what_people_were_shown_and_what_no_receipt_proves(signer: FileSigner) -> None:
    said = page(verified(approved(state="used", used=USED), signer))

    assert said[0] == "This receipt holds: request r-0123456789 was approved, and used once."
    assert "Asked by        shop, on behalf of alice@example.com" in said
    assert "  Amount: 250.00 EUR" in said
    assert "  Card: •••• (not shown)" in said
    assert "  Proven by: a token of staff, for its subject 00u-alice" in said
    assert "Decision        approved 2026-11-22 10:01:00 UTC by bob@example.com" in said
    assert "Used            2026-11-22 10:02:00 UTC by shop, in its call refund-A-17" in said
    assert "Could be used   until 2026-11-22 10:11:00 UTC" in said
    assert any("never proves that it is shown for the first time" in line for line in said)


def test_what_a_guardrail_allowed_counts_as_nobody_and_says_so(signer: FileSigner) -> None:
    alone = action_terms(requirement=Requirement(kind="allow"))
    decision = Decision(outcome="approved", at=NOW, by=())

    said = page(verified(approved(state="used", used=USED, terms=alone, reviews=(), decision=decision), signer))

    assert "Needs           nobody, as a guardrail of the policy allows" in said
    assert any(
        line.endswith("approved 2026-11-22 10:00:00 UTC, without people, as a guardrail of the policy allows")
        for line in said
    )


def test_a_denied_action_has_a_receipt_without_a_use(signer: FileSigner) -> None:
    denied = Decision(outcome="denied", at=NOW + MINUTE, by=(BOB,))
    request = approved(state="denied", decision=denied, reviews=(review(BOB, verdict="deny"),))

    found = verified(request, signer)

    assert (found.decision.outcome, found.used, found.use_by) == ("denied", None, None)
