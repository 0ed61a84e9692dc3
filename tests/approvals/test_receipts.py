"""What a receipt says of a request, and that it holds together wherever it is read."""

import json
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import RECEIPTS
from approvals.chains import Held
from approvals.receipts import issue
from approvals.requests import Request
from approvals.uses.votes import Press
from countersign_client.keys import read_keys
from countersign_client.receipts import Receipt, ReceiptError, verify
from tests.support.builders import NOW
from tests.support.refusing import refusing
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World, policy


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    create_keys(tmp_path / "receipts.jwk", now=NOW, purpose=RECEIPTS)
    return FileSigner(tmp_path / "receipts.jwk", issuer=lambda: "countersign:test", purpose=RECEIPTS)


def whole(request: Request) -> Held:
    """A chain that holds, with this record at its end."""
    return Held(hashes=(request.head,), faults=())


def receipt(request: Request, signer: FileSigner) -> Receipt:
    """Issue, and verify by the published keys alone."""
    issued = issue(request, held=whole(request), signer=signer, now=NOW + timedelta(days=1))
    return verify(issued, read_keys(json.dumps(signer.keys()).encode()), issuer="countersign:test")


def test_a_request_that_waits_has_no_receipt(world: World, signer: FileSigner) -> None:
    request = world.file()

    with refusing("there is no decision yet") as refused:
        issue(request, held=whole(request), signer=signer, now=NOW)
    assert refused.value.kind == "undecided"


def test_a_request_whose_chain_does_not_bear_it_out_gets_no_receipt(world: World, signer: FileSigner) -> None:
    request = world.file()
    world.press(BOB, request)
    older, request = request, world.read(request)
    held = world.store.held(request.id)
    tampered = msgspec.structs.replace(held, faults=("entry 2 is missing",))

    for record, found, why in ((request, tampered, "entry 2 is missing"), (request, whole(older), "not the one")):
        with refusing(rf"gets no receipt: .*{why}.*`countersign audit verify`") as refused:
            issue(record, held=found, signer=signer, now=NOW)
        assert refused.value.kind == "broken"
    assert issue(request, held=held, signer=signer, now=NOW)


def test_a_receipt_of_a_request_whose_digested_object_was_changed_in_the_store_does_not_verify(
    world: World, signer: FileSigner
) -> None:
    request = world.file()
    world.press(BOB, request)
    request = world.read(request)
    widened = request.covered.replace("roles/run.admin", "roles/owner")
    assert widened != request.covered

    with pytest.raises(ReceiptError, match="not those that its digest covers"):
        receipt(msgspec.structs.replace(request, covered=widened), signer)


def test_a_receipt_says_what_was_digested_and_not_what_a_record_has_come_to_say(
    world: World, signer: FileSigner
) -> None:
    """The record of such a request does not agree with its chain, so that none is issued: see the test above."""
    request = world.file()
    world.press(BOB, request)
    request = world.read(request)
    wider = tuple(msgspec.structs.replace(each, roles=("roles/owner",)) for each in request.terms.targets)
    widened = msgspec.structs.replace(request.terms, targets=wider)

    found = receipt(msgspec.structs.replace(request, terms=widened), signer)

    assert found.terms["roles"] == ["roles/run.admin"]


def test_an_approval_is_on_its_receipt_with_who_when_and_for_how_long(world: World, signer: FileSigner) -> None:
    request = world.file(entitlement="pair", minutes=30)
    world.press(BOB, request)
    world.press(CAROL, request)
    request = world.read(request)

    found = receipt(request, signer)

    assert request.grant is not None
    assert (found.request, found.revision, found.digest) == (request.id, 1, request.digest)
    assert (found.decision.outcome, found.decision.by) == ("approved", (BOB, CAROL))
    assert found.decision.window is not None
    assert found.decision.window.end - found.decision.window.start == timedelta(minutes=30)
    assert found.decision.window.start == request.grant.window.start
    assert found.terms["roles"] == ["roles/storage.objectViewer", "roles/run.viewer"]
    assert (found.terms["requester"], found.terms["policy"]) == (ALICE, request.terms.policy)
    assert [(review.person, review.verdict, review.signed) for review in found.reviews] == [
        (BOB, "approve", False),
        (CAROL, "approve", False),
    ]


def test_a_receipt_names_the_tail_of_the_audit_chain(world: World, signer: FileSigner) -> None:
    request = world.file()
    world.press(BOB, request)

    found = receipt(world.read(request), signer)

    entries = world.store.entries(request.id)
    assert (found.audit.seq, found.audit.head) == (len(entries), entries[-1].hash)


def test_a_denial_is_on_its_receipt_and_what_was_typed_is_not(world: World, signer: FileSigner) -> None:
    request = world.file()
    token = world.tokens.mint(request, act="review", now=world.clock())
    world.uses.deciding.review(
        world.identity(BOB), Press(token=token, verdict="deny", comment="Not in a freeze"), now=world.clock()
    )

    issued = issue(world.read(request), held=whole(world.read(request)), signer=signer, now=NOW)
    found = receipt(world.read(request), signer)

    assert (found.decision.outcome, found.decision.by, found.decision.window) == ("denied", (BOB,), None)
    comment = world.read(request).reviews[0].comment
    assert comment is not None
    assert found.reviews[0].comment == comment.digest
    claims = signer.verify(issued)
    assert not any(typed in json.dumps(claims) for typed in ("INC-42", "Not in a freeze", comment.salt))


@pytest.mark.parametrize("outcome", ["approved", "denied"])
def test_only_votes_that_stand_are_on_the_receipt(world: World, signer: FileSigner, outcome: str) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    if outcome == "denied":
        world.press(BOB, world.read(request), "deny", comment="the wrong project")
    else:
        world.uses.deciding.take_back(world.identity(BOB), request.id, now=world.clock())
        world.press(CAROL, request)
        world.press(BOB, world.read(request))

    found = receipt(world.read(request), signer)

    assert found.decision.outcome == outcome
    votes = [(vote.person, vote.verdict) for vote in found.reviews]
    assert votes == ([(BOB, "deny")] if outcome == "denied" else [(CAROL, "approve"), (BOB, "approve")])


def test_what_needs_nobody_else_says_so(world: World, signer: FileSigner) -> None:
    request = world.read(world.file(entitlement="logs"))

    found = receipt(request, signer)

    assert (found.decision.outcome, found.decision.by) == ("approved", ())
    assert found.terms["requirement"] == {"kind": "self", "stages": []}


def test_where_the_policy_has_come_to_ask_more_people_all_of_them_are_on_the_receipt(
    world: World, signer: FileSigner
) -> None:
    once = '{approvers: ["group:approvers@example.com"], needed: 1}'
    world.policy = policy((once, once.replace("}", ", sign: typed}")))
    request = world.file()
    world.policy = policy((once, once.replace("1", "2")))
    world.press(BOB, request, printed_name="Bob Builder", meaning="I approve")
    world.press(CAROL, request)

    found = receipt(world.read(request), signer)

    assert found.terms["requirement"]["stages"][0]["needed"] == 1
    assert found.decision.by == (BOB, CAROL)
    assert [review.signed for review in found.reviews] == [True, False]


def test_each_of_several_stages_has_its_people_and_signatures_on_the_receipt(
    world: World, signer: FileSigner
) -> None:
    once = '{approvers: ["group:approvers@example.com"], needed: 1}'
    then = '{approvers: ["user:dan@example.com"], needed: 1, sign: typed}'
    world.policy = policy((once, f"{once}\n      - {then}"))
    request = world.file()
    world.press(BOB, request)
    world.press(DAN, request, printed_name="Dan Dough", meaning="I approve")

    found = receipt(world.read(request), signer)

    assert (found.decision.outcome, found.decision.by) == ("approved", (BOB, DAN))
    assert [(review.person, review.signed) for review in found.reviews] == [(BOB, False), (DAN, True)]


def test_a_decision_that_came_with_late_evidence_is_after_its_reviews(world: World, signer: FileSigner) -> None:
    request = world.file(entitlement="pair")
    world.press(BOB, request)
    world.press_unchecked(CAROL, request)
    assert world.read(request).state == "pending"
    world.clock.advance(5)
    world.pass_()

    found = receipt(world.read(request), signer)

    assert found.decision.by == (BOB, CAROL)
    assert max(review.at for review in found.reviews) < found.decision.at


@pytest.mark.parametrize("seconds", [0.9, -600])
def test_a_clock_that_jumps_between_two_reviews_leaves_a_receipt_that_holds(
    world: World, signer: FileSigner, seconds: float
) -> None:
    request = world.file(entitlement="pair")
    world.clock.advance(1200.5)
    world.press(BOB, request)
    world.clock.advance(seconds)
    world.press(CAROL, request)

    assert set(receipt(world.read(request), signer).decision.by) == {BOB, CAROL}


def test_a_window_that_was_cut_short_is_on_the_receipt_as_it_was_approved(
    world: World, signer: FileSigner
) -> None:
    request = world.granted(minutes=45)
    world.clock.advance(60.5)
    world.end(ALICE, request)

    window = receipt(world.read(request), signer).decision.window

    assert window is not None
    assert window.end - window.start == timedelta(minutes=45)


def test_withdrawn_says_who_withdrew(world: World, signer: FileSigner) -> None:
    request = world.file("alice@example.com", "pair")
    world.press(BOB, request)
    world.uses.ending.withdraw(world.identity(ALICE), request.id, now=world.clock())

    found = receipt(world.read(request), signer)

    assert (found.decision.outcome, found.decision.by, found.decision.window) == ("withdrawn", (ALICE,), None)


def test_a_request_that_expired_has_a_receipt_without_people(world: World, signer: FileSigner) -> None:
    request = world.file()
    world.clock.advance(8 * 24 * 3600)
    world.pass_()

    found = receipt(world.read(request), signer)

    assert (found.decision.outcome, found.decision.by) == ("expired", ())


def test_every_receipt_is_signed_anew_and_never_expires(world: World, signer: FileSigner) -> None:
    request = world.read(world.file(entitlement="logs"))

    first, second = (signer.verify(issue(request, held=whole(request), signer=signer, now=NOW)) for _ in range(2))

    assert first["jti"] != second["jti"]
    assert "exp" not in first
    assert {**first, "jti": ""} == {**second, "jti": ""}
