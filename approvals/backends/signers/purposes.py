"""What keys are for. A key signs for one purpose alone, and nobody takes what it signed for anything else."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import msgspec

from approvals.tokens import LIFE
from countersign_client.keys import CHECKPOINT, KIND


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose by its name, and how long a key that was replaced is kept."""

    name: Literal["tokens", "receipts", "webhooks"]
    keep: timedelta

    def fits(self, claims: Mapping[str, Any]) -> bool:
        """Say whether keys of this purpose sign such claims: what is kept for ever is told by its `knd`.

        Those of webhooks sign no claims.
        """
        if self.name == "webhooks":
            return False
        return (claims.get("knd") in (KIND, CHECKPOINT)) == (self.name == "receipts")


TOKENS = Purpose(name="tokens", keep=LIFE + timedelta(hours=1))
"""Activation tokens: a signer may not know of the successor for a while, so a replaced key outlives them."""

RECEIPTS = Purpose(name="receipts", keep=timedelta.max)
"""Receipts and checkpoints: they never expire, and neither do their keys."""

WEBHOOKS = Purpose(name="webhooks", keep=timedelta(days=7))
"""What applications are told: they may hold keys that they read some days ago, and look for no others."""
