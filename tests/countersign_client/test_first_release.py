"""What 0.1.0 signed goes on verifying by the keys that it published, of which none says what it is for."""

from pathlib import Path
from typing import Any

import pytest

from approvals.backends.signers import keyset
from approvals.backends.signers.purposes import RECEIPTS, TOKENS, Purpose
from countersign_client.keys import read_keys
from countersign_client.receipts import ReceiptError, verify
from tests.countersign_client.writing import as_keys

KEPT = Path(__file__).parents[1] / "data" / "receipts"
PUBLISHED = (KEPT / "jwks.json").read_bytes()
FORGED = (KEPT / "by-the-key-of-tokens.jws").read_text()
ISSUER = "countersign:58a9dd1fce"
OUTCOMES = {
    "approved": "approved",
    "ended": "approved",
    "revoked": "approved",
    "self": "approved",
    "denied": "denied",
    "withdrawn": "withdrawn",
    "expired": "expired",
}


def published(name: str, purpose: Purpose) -> list[dict[str, Any]]:
    """The keys that 0.1.0 made in a file, as this release publishes them."""
    keys = keyset.public(keyset.parse((KEPT / name).read_bytes(), where="", purpose=purpose))["keys"]
    assert isinstance(keys, list)
    return keys


def test_whoever_holds_the_key_of_tokens_makes_no_receipt_any_more() -> None:
    """The set as a service of this release publishes it, and the same with the keys of tokens beside, marked."""
    receipts = published("receipts.jwk", RECEIPTS)

    for marked in (receipts, receipts + published("signer.jwk", TOKENS)):
        with pytest.raises(ReceiptError):
            verify(FORGED, as_keys(marked))


def test_what_the_key_of_tokens_made_is_told_by_the_warning_alone_where_no_key_says_what_it_is_for() -> None:
    assert verify(FORGED, read_keys(PUBLISHED), issuer=ISSUER).warnings


@pytest.mark.parametrize(("name", "outcome"), OUTCOMES.items())
def test_its_receipts_verify_with_a_warning_by_the_set_that_it_published(name: str, outcome: str) -> None:
    found = verify((KEPT / f"{name}.jws").read_text(), read_keys(PUBLISHED), issuer=ISSUER)

    assert found.decision.outcome == outcome
    assert len(found.warnings) == 1


@pytest.mark.parametrize("name", OUTCOMES)
def test_its_receipts_verify_without_one_by_the_set_that_its_successor_publishes(name: str) -> None:
    keys = as_keys(published("receipts.jwk", RECEIPTS))

    assert verify((KEPT / f"{name}.jws").read_text(), keys).warnings == ()


def test_its_tokens_are_no_receipts() -> None:
    with pytest.raises(ReceiptError, match="no receipt"):
        verify((KEPT / "activation.jws").read_text(), read_keys(PUBLISHED))
