"""Who somebody is and what they belong to."""

from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from approvals.people.accounts import Account
from approvals.refusals.reasons import Reason


class Directory(Protocol):
    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        """Say whether a person is in a directory group, nested groups included.

        Raises `Unavailable` when it cannot be known now, `NotFound` when there is no such group: both mean no.
        """


class Standing(Protocol):
    """Groups, as far as people can be let into them."""

    def standing(self, group: str, person: str, *, timeout: float) -> str | None:
        """What a person's own membership of a group says, as a binding's expression; None: there is none.

        It is empty where the membership does not end, or is more than a member's. Raises a `CountersignError`
        while that cannot be known.
        """

    def examine(self, group: str, person: str, *, timeout: float) -> None:
        """Look whether Google lets memberships of a group end by themselves, as far as it shows that to somebody.

        What that finds `barred` says. Nobody is called where it was looked at of late.
        """

    def barred(self, group: str) -> Reason | None:
        """Why Google let this service change nobody's membership just now; None: nothing is known. No call."""


class Accounts(Protocol):
    """The accounts of one channel."""

    def account(self, ref: str, *, timeout: float) -> Account:
        """Look an account up where it lives (`slack:TEAM/USER`). Raises `Unavailable` or `NotFound`."""


@runtime_checkable
class Finder(Protocol):
    """Accounts of a channel that finds people by their address."""

    def by_email(self, address: str, *, timeout: float) -> Account:
        """The account of this address, while it is in use. Raises `Unavailable` or `NotFound`."""


ANYTHING = datetime.max.replace(tzinfo=UTC)
"""Whatever was asked for was asked before this."""


class Leaving(Protocol):
    """A directory of people that says who is in it no more."""

    def left_at(self, person: str, *, timeout: float) -> datetime | None:
        """What somebody of this address asked for before this moment is a leaver's; None: they have not left.

        It says in so many words that the account is suspended or archived, which goes for `ANYTHING`, or that it
        was deleted at that moment: whoever has asked since is somebody else of the same address, such as of
        another organisation. Raises `Unavailable`, or `NotFound` where it knows nobody of this address: neither
        says anything of them.
        """
