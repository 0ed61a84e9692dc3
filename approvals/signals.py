"""Signals: what a transmitter of the policy says of somebody's account or session, once it was verified."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

SKEW = timedelta(seconds=30)
"""By so much a transmitter's clock may differ from ours."""

OLDEST = timedelta(hours=24)
"""A signal counts for so long after it was issued: transmitters try again while nobody answers."""

Ends = Literal["session", "account"]
"""Whether a session was revoked, or an account disabled or purged."""


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One signed event, and whom the policy knows by its subject.

    `jti` is its own name at its transmitter, which is given once. `person` is empty where the policy knows of
    none, `ends` None where it is of a kind that ends nothing here; `event` is that kind.
    """

    transmitter: str
    jti: str
    issued: datetime
    event: str
    ends: Ends | None
    person: str
