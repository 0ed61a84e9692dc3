"""Checkpoints of all that is stored. What they hold and how they verify: `countersign_client.checkpoints`."""

from datetime import datetime

import msgspec

from approvals.auditing.audits import Audited, anchor, anchors
from approvals.ids import new_jti
from approvals.ports.signing import Signer
from approvals.refusals.errors import Refused
from countersign_client.chain import START
from countersign_client.checkpoints import Checkpoint


def issue(store: Audited, *, signer: Signer, now: datetime) -> str:
    """Anchor what is not anchored yet, and sign the head of the installation's chain.

    Raises `Refused` of kind `broken` where that chain does not hold, `Unavailable` when the signer does.
    """
    while anchor(store, now=now):
        pass
    held = store.held("")
    if held.faults:
        raise Refused("broken.installation", fault=held.faults[0])
    # An entry that was added meanwhile only adds anchors.
    entries = store.entries("")[: len(held.hashes)]
    checkpoint = Checkpoint(
        iss=signer.issuer,
        iat=int(now.timestamp()),
        jti=new_jti(),
        seq=len(held.hashes),
        head=held.hashes[-1] if held.hashes else START,
        requests=len(anchors(entries)),
    )
    return signer.sign(msgspec.to_builtins(checkpoint))
