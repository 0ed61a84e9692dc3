"""Checkpoints: the signed head of an installation's audit chain, which anchors the chain of every request.

Kept where nobody who can write the store can write, one shows later whether anything of then is gone or changed.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from countersign_client import shapes
from countersign_client.keys import CHECKPOINT, Keys
from countersign_client.signed import SignatureError, read


class CheckpointError(Exception):
    """This is no checkpoint that one of the keys signed; the text says why."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed: `seq` and `head` of the installation's chain, and how many requests are anchored in it."""

    v: Literal[1] = 1
    knd: Literal["checkpoint"] = "checkpoint"
    iss: str
    iat: int
    jti: str
    seq: Annotated[int, msgspec.Meta(ge=0)]
    head: str
    requests: int

    @property
    def made(self) -> datetime:
        """When it was made, in UTC."""
        return datetime.fromtimestamp(self.iat, UTC)


def verify(text: str, keys: Keys, *, issuer: str) -> Checkpoint:
    """Check a checkpoint of this issuer. Raises `CheckpointError`."""
    try:
        signed = read(text, keys, kind=CHECKPOINT)
        found = shapes.convert(signed.claims, Checkpoint)
        found.made  # noqa: B018 - a time that no calendar has is refused here
    except SignatureError as error:
        raise CheckpointError(str(error)) from error
    except (msgspec.ValidationError, OverflowError, ValueError, OSError) as error:
        raise CheckpointError(f"it is not in a form that this version knows: {error}") from error
    if signed.warnings:
        raise CheckpointError(signed.warnings[0])
    if found.iss != issuer:
        raise CheckpointError(f"it was made by {found.iss}, not by {issuer}")
    return found
