"""Which vote of a person may follow which, and which token is older than a vote."""

import base64
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals import transitions
from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import TOKENS
from approvals.refusals.errors import Refused
from approvals.reviews import Verdict
from approvals.tokens import Tokens
from tests.support.builders import NOW, filed, installation, review

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    create_keys(tmp_path / "keys.json", now=NOW, purpose=TOKENS)
    return FileSigner(tmp_path / "keys.json", issuer=lambda: "countersign:demo", purpose=TOKENS)


@pytest.fixture
def tokens(signer: FileSigner) -> Tokens:
    return Tokens(signer, installation=installation("g1"))


@pytest.mark.parametrize(
    ("before", "then", "code"),
    [
        ((), "take_back", "no_vote"),
        (("approve", "take_back"), "take_back", "no_vote"),
        (("approve",), "approve", "reviewed"),
        (("deny",), "approve", "reviewed"),
        (("deny",), "take_back", "reviewed"),
        (("deny",), "deny", "reviewed"),
        (("approve", "take_back", "approve", "take_back", "approve"), "take_back", "votes"),
        (("approve", "take_back", "approve", "take_back", "approve"), "deny", "votes"),
    ],
)
def test_a_vote_that_cannot_follow_the_last_one_is_refused(
    before: Sequence[Verdict], then: Verdict, code: str
) -> None:
    request = filed().request
    for verdict in before:
        request = transitions.record(request, review(verdict=verdict), now=LATER).request
    with pytest.raises(Refused) as refusal:
        transitions.record(request, review(verdict=then, jti="another"), now=LATER)
    assert refusal.value.kind == code


@pytest.mark.parametrize("state", ["approved", "denied", "withdrawn", "expired"])
def test_who_has_not_voted_does_not_learn_how_it_stands_by_taking_back(state: Any) -> None:
    with pytest.raises(Refused) as refusal:
        transitions.record(filed(state=state).request, review(verdict="take_back"), now=LATER)
    assert refusal.value.kind == "no_vote"


@pytest.mark.parametrize("age", [timedelta(0), timedelta(microseconds=1)])
def test_a_token_minted_before_a_vote_is_older_than_it_within_one_second(tokens: Tokens, age: timedelta) -> None:
    """Times in tokens are whole seconds, and votes fall between them."""
    old = tokens.open(tokens.mint(filed().request, act="review", now=NOW), act="review", now=NOW)
    voted = msgspec.structs.replace(filed().request, reviews=(review(at=NOW + age),))
    new = tokens.open(tokens.mint(voted, act="review", now=NOW), act="review", now=NOW)

    with pytest.raises(Refused) as caught:
        old.require_after([0])
    assert caught.value.kind == "older_card"
    new.require_after([0])
    old.require_after([])


def test_a_token_of_the_first_release_is_older_than_every_vote(tokens: Tokens, signer: FileSigner) -> None:
    voted = msgspec.structs.replace(filed().request, reviews=(review(),))
    payload = tokens.mint(voted, act="review", now=NOW).split(".")[1]
    claimed: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    del claimed["vts"]
    old = tokens.open(signer.sign(claimed), act="review", now=NOW)

    with pytest.raises(Refused) as caught:
        old.require_after([0])
    assert caught.value.kind == "older_card"
