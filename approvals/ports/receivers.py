"""Who is told of an application's requests."""

from datetime import datetime
from typing import Protocol

import msgspec

from approvals.policy.parties import Application


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver said: an HTTP status, and the header `Retry-After`, empty where there is none."""

    status: int
    retry_after: str = ""


class Receivers(Protocol):
    def post(self, application: Application, message_id: str, body: bytes, *, now: datetime) -> Answer:
        """Sign a message, and send it to the application's webhook once. Raises `Unavailable`."""
