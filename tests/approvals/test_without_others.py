"""What nobody else approved says so: on its card, and on the receipt that others read without this service."""

import pytest

from approvals.backends.signers.file import FileSigner
from countersign_client.page import page
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.approvals.test_receipts import receipt, signer
from tests.approvals.uses.test_automatic import SHORT
from tests.approvals.uses.test_break_glass import break_, glass
from tests.support.world import GWEN, World, policy

__all__ = ["signer"]

KINDS = {
    "self": (policy(), "no other person: the policy lets people approve this themselves", "as the policy allows"),
    "auto": (
        policy(SHORT),
        "no other person: a rule of the policy approves this by itself",
        "by a rule of the policy",
    ),
    "break_glass": (glass(), "nobody before it begins", "as the policy allows in an emergency"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_card_and_receipt_say_that_nobody_else_approved(world: World, signer: FileSigner, kind: str) -> None:
    world.policy, on_card, on_receipt = KINDS[kind]
    made = break_(world, GWEN, minutes=30) if kind == "break_glass" else world.file(GWEN, "logs", minutes=30)
    card = world.uses.facing.face(world.identity(GWEN), made.id, now=world.clock()).card

    assert on_card in " ".join(plain(line) for line in view(card).approvals)
    said = page(receipt(world.read(made), signer))
    (decided,) = [line for line in said if line.strip().startswith("Decision")]
    assert decided.endswith(f"without other people, {on_receipt}")
