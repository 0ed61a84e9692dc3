"""A receipt of an approval alone says that it grants nothing, and its texts are erased as those of access are."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from approvals import transitions
from approvals.auditing.audits import Inspection
from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import RECEIPTS
from approvals.receipts import issue
from approvals.refusals.errors import Refused
from countersign_client.keys import read_keys
from countersign_client.page import page
from countersign_client.receipts import verify
from tests.support import fridays
from tests.support.builders import NOW
from tests.support.world import World

MONTH = timedelta(days=30)


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    create_keys(tmp_path / "receipts.jwk", now=NOW, purpose=RECEIPTS)
    return FileSigner(tmp_path / "receipts.jwk", issuer=lambda: "countersign:test", purpose=RECEIPTS)


@pytest.mark.parametrize("scene", ["standing", "scheduled", "extended", "revoked", "over", "late"])
def test_what_was_approved_has_a_receipt_that_holds_and_gives_nothing(
    world: World, signer: FileSigner, scene: str
) -> None:
    request = fridays.SCENES[scene](fridays.fridays(world))
    held = world.store.held(request.id)

    found = verify(
        issue(request, held=held, signer=signer, now=world.clock()),
        read_keys(json.dumps(signer.keys()).encode()),
        issuer="countersign:test",
    )

    said = "\n".join(page(found))
    assert (found.terms["v"], found.terms["targets"]) == (5, [{"kind": "none"}])
    assert "nothing: it is an approval alone" in said
    assert "Access" not in said


def test_its_texts_are_erased_once_it_is_over_and_no_sooner(world: World) -> None:
    stands = fridays.standing(fridays.fridays(world))
    with pytest.raises((Refused, ValueError)):
        transitions.erase(stands, retention=MONTH, now=world.clock())

    over = world.end("alice@example.com", stands)
    world.clock.advance(MONTH.total_seconds())
    world.store.commit(transitions.erase(over, retention=MONTH, now=world.clock()))

    assert world.read(over).terms.justification.text == ""
    assert list(Inspection(world.store).faults()) == []
