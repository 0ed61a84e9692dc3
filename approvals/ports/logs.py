"""What was logged of what people did."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from approvals.deeds import Logged, Stay


class Found(NamedTuple):
    """What entries tell, oldest first. `cut`: there are more of them.

    `below`: so many projects below a folder or organization were read as well; `beyond`: there are more of those.
    """

    entries: Sequence[Logged]
    cut: bool
    below: int = 0
    beyond: bool = False


class AuditLogs(Protocol):
    """Where what people called is written down, by others than this service."""

    def of(self, person: str, stay: Stay, *, timeout: float) -> Found:
        """What a person called there and then. Raises `NotFound` where it cannot be read for good, `Unavailable`.

        Of `NotFound` the cause says why: `PermissionError` that this service may not.
        """

    def included(self, role: str, *, timeout: float) -> Sequence[str]:
        """What a role holds; empty where that cannot be known. Raises `Unavailable`."""
