"""The payments application of `examples/payments` in the demo: what it is started with."""

import sys
from collections.abc import Mapping
from pathlib import Path

from demo.policy import EXAMPLES, private_key

LEDGER = "payments.db"


def command() -> list[str]:
    """What starts it."""
    return [sys.executable, str(EXAMPLES / "payments")]


def environment(state: Path, *, port: int, issuer: str, service: Mapping[str, str]) -> dict[str, str]:
    """What it is started with, beside what every program has."""
    return {
        "PAYMENTS_PORT": str(port),
        "PAYMENTS_ISSUER": issuer,
        "PAYMENTS_KEY": str(private_key(state, "payments")),
        "PAYMENTS_LEDGER": str(state / LEDGER),
        "COUNTERSIGN_API_URL": service["COUNTERSIGN_API_URL"],
    }
