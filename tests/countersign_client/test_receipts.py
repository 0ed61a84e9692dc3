"""Receipts verify offline, by their issuer's public keys alone, or are refused with the reason."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from countersign_client.canonical import digest
from countersign_client.receipts import Receipt, verify
from tests.countersign_client.writing import (
    ISSUER,
    KEY,
    claims,
    decision,
    key_set,
    keys,
    refusal,
    review,
    signed,
    terms,
    without,
)

ROOT = Path(__file__).parents[2]


# --- what does not have the form


@pytest.mark.parametrize("name", sorted(claims()))
def test_a_receipt_that_lacks_a_claim_is_refused(name: str) -> None:
    refusal(signed(without(claims(), name)))


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"use_by": 1795341720},
        {"exp": 1795341720},
        {"iat": "1795341720"},
        {"iat": True},
        {"iat": 10**18},
        {"sub": 7},
        {"rev": "1"},
        {"reviews": {}},
        {"reviews": [review("bob@example.com", verdict="maybe")]},
        {"reviews": [review("bob@example.com", weight=2)]},
        {"reviews": [review("bob@example.com", signed="yes")]},
        {"reviews": [review("bob@example.com", at="2026-11-22T10:01:00")]},
        {"audit": {"seq": 4}},
        {"audit": {"seq": "4", "head": "sha256:"}},
        {"audit": {"seq": 0, "head": "sha256:" + "3" * 64}},
        {"audit": {"seq": -1, "head": "sha256:" + "3" * 64}},
        {"decision": decision(outcome="used")},
        {"decision": decision(outcome="pending")},
        {"decision": decision(at="yesterday")},
        {"decision": decision(by="bob@example.com")},
        {"decision": decision(revoked=True)},
        {"decision": decision(window={"start": "2026-11-22T10:02:00Z"})},
    ],
    ids=repr,
)
def test_a_claim_that_this_version_does_not_know_is_refused(changes: dict[str, Any]) -> None:
    refusal(signed(claims(**changes)))


# --- what contradicts itself


@pytest.mark.parametrize(
    "asked",
    [
        terms(roles=["roles/owner"]),
        terms(duration=36_000),
        terms(requester="mallory@example.com"),
        terms(requirement={"kind": "self", "stages": []}),
        without(terms(), "condition"),
        terms(more=1),
    ],
)
def test_terms_that_the_digest_does_not_cover_are_refused(asked: dict[str, Any]) -> None:
    changed = refusal(signed(claims(terms=asked, dig=digest(terms()))))

    assert changed == "its terms are not those that its digest covers"


@pytest.mark.parametrize("changes", [{"sub": "r-9999999999"}, {"rev": 2}])
def test_terms_of_another_request_or_revision_are_refused(changes: dict[str, Any]) -> None:
    assert refusal(signed(claims(**changes))) == "its terms belong to another request"


@pytest.mark.parametrize(
    "asked",
    [
        terms(v=2),
        without(terms(), "requester"),
        without(terms(), "requirement"),
        without(terms(), "duration"),
        terms(duration="3600"),
        terms(duration=0),
        terms(requirement={"kind": "auto", "stages": []}),
        terms(requirement={"kind": "stages"}),
        terms(requirement={"kind": "stages", "stages": [{"approvers": [], "needed": 0, "sign": ""}]}),
        terms(requirement={"kind": "stages", "stages": [{"approvers": [], "needed": -1, "sign": ""}]}),
    ],
    ids=repr,
)
def test_terms_in_a_form_that_this_version_does_not_know_are_refused(asked: dict[str, Any]) -> None:
    assert "form that this version knows" in refusal(signed(claims(terms=asked)))


def test_terms_that_json_cannot_hold_exactly_are_refused() -> None:
    for number in ("NaN", "1e999", str(2**60)):
        content = json.dumps(claims()).replace('"duration": 3600', f'"duration": {number}')
        assert number in content
        refusal(signed(content))


def test_terms_that_are_too_deep_are_refused() -> None:
    for depth in (300, 490, 900, 990):
        content = json.dumps(claims()).replace('"duration": 3600', f'"duration": {"[" * depth}{"]" * depth}')
        refusal(signed(content))


@pytest.mark.parametrize(
    "by",
    [
        [],
        ["bob@example.com"],
        ["bob@example.com", "bob@example.com"],
        ["bob@example.com", "alice@example.com"],
        ["bob@example.com", "carol@example.com", "alice@example.com"],
    ],
)
def test_approved_by_too_few_or_by_the_requester_is_refused(by: list[str]) -> None:
    refused = refusal(signed(claims(decision=decision(by=by))))

    assert refused == "it says approved, but not by the people that its terms demand"


def test_approved_under_a_requirement_without_stages_is_refused() -> None:
    nobody = terms(requirement={"kind": "stages", "stages": []})

    refusal(signed(claims(terms=nobody)))


def test_another_issuer_than_the_one_demanded_is_refused() -> None:
    assert (
        refusal(signed(claims()), issuer="countersign:other")
        == f"it was made by {ISSUER}, not by countersign:other"
    )


# --- what holds


def test_a_receipt_says_what_was_decided() -> None:
    found = verify(signed(claims()) + "\n", keys(), issuer=ISSUER)

    assert (found.request, found.revision, found.digest) == ("r-0123456789", 1, digest(terms()))
    assert found.decision.outcome == "approved"
    assert found.decision.by == ("bob@example.com", "carol@example.com")
    assert found.decision.window is not None
    assert found.decision.window.end == datetime(2026, 11, 22, 11, 2, tzinfo=UTC)
    assert found.terms == terms()
    assert [review.person for review in found.reviews] == ["bob@example.com", "carol@example.com"]
    assert (found.audit.seq, found.issuer, found.key) == (4, ISSUER, KEY.thumbprint())
    assert found.issued == datetime.fromtimestamp(1795341720, UTC)


def test_a_receipt_does_not_expire() -> None:
    assert verify(signed(claims(iat=0)), keys()).issued.year == 1970


@pytest.mark.parametrize(
    ("outcome", "by"),
    [("denied", ["bob@example.com"]), ("withdrawn", ["alice@example.com"]), ("expired", [])],
)
def test_every_outcome_has_its_receipt(outcome: str, by: list[str]) -> None:
    decided = {"outcome": outcome, "at": "2026-11-22T10:02:00Z", "by": by}
    reviews = [review("carol@example.com"), review("bob@example.com", verdict="deny")]
    found = verify(signed(claims(decision=decided, reviews=reviews)), keys())

    assert (found.decision.outcome, found.decision.window) == (outcome, None)


def test_a_policy_that_says_self_needs_nobody_else() -> None:
    alone = terms(requirement={"kind": "self", "stages": []})

    assert verify(signed(claims(terms=alone, decision=decision(by=[]), reviews=[])), keys()).decision.by == ()


def test_only_verify_makes_a_receipt() -> None:
    with pytest.raises(TypeError, match="verify"):
        Receipt(object(), None, key="", warnings=())  # type: ignore[arg-type]


def test_it_works_with_this_package_alone(tmp_path: Path) -> None:
    """In a process that can import nothing else of ours, and has no network."""
    (tmp_path / "countersign_client").symlink_to(ROOT / "countersign_client")
    (tmp_path / "receipt.jws").write_text(signed(claims()))
    (tmp_path / "jwks.json").write_bytes(key_set(KEY))
    code = (
        "import sys, socket\n"
        "socket.socket.connect = None\n"
        "sys.modules.update(dict.fromkeys(('approvals', 'handlers', 'bot', 'google'), None))\n"
        "from pathlib import Path\n"
        "from countersign_client.keys import read_keys\n"
        "from countersign_client.receipts import verify\n"
        "found = verify(Path('receipt.jws').read_text(), read_keys(Path('jwks.json').read_bytes()))\n"
        "print(found.decision.outcome)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("approved\n", "")
