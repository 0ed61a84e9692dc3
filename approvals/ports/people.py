"""Who somebody is and what they belong to."""

from typing import Protocol

from approvals.accounts import Account


class Directory(Protocol):
    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        """Say whether a person is in a directory group, nested groups included.

        Raises `Unavailable` when it cannot be known now, `NotFound` when there is no such group: both mean no.
        """


class Accounts(Protocol):
    """The accounts of one channel."""

    def account(self, ref: str, *, timeout: float) -> Account:
        """Look an account up where it lives (`slack:TEAM/USER`). Raises `Unavailable` or `NotFound`."""
