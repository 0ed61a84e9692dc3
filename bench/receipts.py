"""Receipts of actions verified offline, a minute and core: the verifier alone, of receipts that all differ.

CPU is counted, not time: a wait for the processor is none of it. The keys are read once, as a reader does.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import TypeVar

from bench.figures import Figure
from countersign_client.jws import octets, require_signed
from countersign_client.keys import read_keys
from countersign_client.receipts import verify
from tools.receipts.made import ISSUER, KEY, key_set, signed
from tools.receipts.whole import claims

_ROUNDS = 9
_RECEIPTS = 500

T = TypeVar("T")


def measure(_folder: Path) -> list[Figure]:
    """The median of the rounds, and beside it how many bare signatures of the same receipts are checked."""
    receipts = [signed(claims(jti=f"{number:016x}")) for number in range(_RECEIPTS)]
    keys = read_keys(json.dumps(key_set()).encode())
    bare = [_parts(receipt) for receipt in receipts]
    key = keys[KEY.kid].public
    ours, signatures = [], []
    for _ in range(_ROUNDS):
        ours.append(_a_minute(lambda receipt: verify(receipt, keys, issuer=ISSUER), receipts))
        signatures.append(_a_minute(lambda parts: require_signed(*parts, key, "ES256"), bare))
    return [
        Figure(
            name="receipts of actions verified offline, a minute and core",
            value=round(median(ours)),
            target=10_000,
            better="higher",
            baseline=f"{median(signatures):,.0f} bare signatures of the same",
        )
    ]


def _a_minute(check: Callable[[T], object], found: Sequence[T]) -> float:
    started = time.process_time()
    for each in found:
        check(each)
    return 60 * len(found) / (time.process_time() - started)


def _parts(receipt: str) -> tuple[bytes, bytes]:
    said, _, signature = receipt.rpartition(".")
    return said.encode(), octets(signature)
