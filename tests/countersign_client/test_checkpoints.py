"""Checkpoints verify offline, by a key of receipts alone, or are refused with the reason."""

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey

from countersign_client.checkpoints import Checkpoint, CheckpointError, verify
from tests.countersign_client.writing import ISSUER, KEY, as_keys, claims, key_set, keys, signed

HEAD = "sha256:" + "4" * 64


def made(**changes: Any) -> dict[str, Any]:
    good = {"v": 1, "knd": "checkpoint", "iss": ISSUER, "iat": 1795341720, "jti": "j", "seq": 7, "head": HEAD}
    return good | {"requests": 3} | changes


def refusal(text: str, issuer: str = ISSUER) -> str:
    with pytest.raises(CheckpointError) as refused:
        verify(text, keys(), issuer=issuer)
    return str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"exp": 1795341720},
        {"seq": -1},
        {"seq": "7"},
        {"head": 4},
        {"requests": None},
        {"iat": 10**18},
        {"iss": 7},
    ],
    ids=repr,
)
def test_a_claim_that_this_version_does_not_know_is_refused(changes: dict[str, Any]) -> None:
    assert "form that this version knows" in refusal(signed(made(**changes)))


@pytest.mark.parametrize("content", [claims(), made(knd="activation"), {}])
def test_what_is_something_else_is_refused(content: dict[str, Any]) -> None:
    assert refusal(signed(content)) == "it is signed, but no checkpoint"


def test_another_issuers_is_refused() -> None:
    said = f"it was made by {ISSUER}, not by countersign:other"
    assert refusal(signed(made()), issuer="countersign:other") == said


@pytest.mark.parametrize("purpose", ["tokens", None])
def test_a_key_that_is_not_marked_for_receipts_makes_none(purpose: str | None) -> None:
    other = ECKey.generate_key("P-256")
    both = json.loads(key_set(KEY, countersign_purpose=purpose))["keys"] + json.loads(key_set(other))["keys"]

    with pytest.raises(CheckpointError, match="tokens"):
        verify(signed(made()), as_keys(both), issuer=ISSUER)


def test_a_checkpoint_says_how_far_the_chain_went_and_when() -> None:
    found = verify(signed(made()) + "\n", keys(), issuer=ISSUER)

    assert isinstance(found, Checkpoint)
    assert (found.seq, found.head, found.requests, found.made.year) == (7, HEAD, 3, 2026)
