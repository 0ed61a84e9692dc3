"""Who somebody is now, and by what that was proven. Only a channel's own entrance lets anybody in."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import final

from approvals.people.accounts import Account, Proof, Purpose, channel_of, person_of
from approvals.people.principals import IdentityRules
from approvals.ports.people import Accounts, Finder
from approvals.refusals.errors import CountersignError, NotFound

_SEAL = object()


@final
class Identity:
    """A principal with its proof, and the account as its channel described it. Only an `Entrance` makes one."""

    __slots__ = ("account", "principal", "proof")

    def __init__(self, seal: object, *, principal: str, proof: Proof, account: Account) -> None:
        if seal is not _SEAL:
            raise TypeError("an identity comes from Entrance.identify() alone")
        self.principal = principal
        self.proof = proof
        self.account = account


class UnknownChannel(CountersignError):
    """No channel of this service answers for such an account, or another one than hands it over.

    What it did could never be counted again, or would be held against somebody else's rules.
    """


@final
class AccountRouter:
    """Implements the port `Accounts` for every channel: whose a reference is, its scheme says.

    Who is let in by one channel can be asked for again by the same router. So no vote is taken whose account
    nobody could answer for when it is counted.
    """

    def __init__(self, channels: Mapping[str, Accounts | None], *, rules: Callable[[], IdentityRules]) -> None:
        """`channels` are their accounts by scheme, such as `slack`, None where a channel lets nobody in.

        `rules` returns the current policy's.
        """
        self._channels = dict(channels)
        known: tuple[object, ...] = tuple(channels.values())
        self._finders = [each for each in known if isinstance(each, Finder)]
        self._rules = rules

    def account(self, ref: str, *, timeout: float) -> Account:
        """Look an account up in its channel. Raises `Unavailable`, `NotFound` or `UnknownChannel`."""
        found = self._owner(ref).account(ref, timeout=timeout)
        _require_of(channel_of(ref), found.ref)
        return found

    def find(self, person: str, *, timeout: float) -> Account:
        """The account that somebody has now, in a channel that finds people by any address of theirs.

        Raises `NotFound` where none of them knows one that is in use, or `Unavailable`.
        """
        for finder in self._finders:
            for address in self._rules().addresses(person):
                with suppress(NotFound):
                    found = finder.by_email(address, timeout=timeout)
                    if not found.left:
                        return found
        raise NotFound(f"no channel finds an account of {person}")

    def entrance(self, channel: str) -> "Entrance":
        """The way in for one channel's accounts. Raises `UnknownChannel`."""
        if channel not in self._channels:
            raise UnknownChannel(f"no channel here is called {channel!r}")
        return Entrance(_SEAL, channel, accounts=self._channels[channel], rules=self._rules)

    def _owner(self, ref: str) -> Accounts:
        owner = self._channels.get(channel_of(ref))
        if owner is None:
            raise UnknownChannel(f"no channel here answers for the account {ref!r}")
        return owner


@final
class Entrance:
    """Lets in the accounts of one channel, and no account of another. Only `AccountRouter.entrance` makes one."""

    def __init__(
        self, seal: object, channel: str, *, accounts: Accounts | None, rules: Callable[[], IdentityRules]
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("an entrance comes from AccountRouter.entrance() alone")
        self._channel = channel
        self._accounts = accounts
        self._rules = rules

    def account(self, ref: str, *, timeout: float) -> Account:
        """Look one of the channel's accounts up. Raises `Unavailable`, `NotFound` or `UnknownChannel`."""
        return self._own(ref).account(ref, timeout=timeout)

    def identify(self, account: Account, *, purpose: Purpose, now: datetime) -> Identity:
        """Say who somebody is whose account the channel has just described.

        Raises `Refused`, `Unavailable` or `UnknownChannel`.
        """
        self._own(account.ref)
        person = person_of(account, self._rules(), purpose=purpose, how=account.how, now=now)
        return Identity(
            _SEAL, principal=person, proof=Proof(account=account.ref, how=account.how), account=account
        )

    def _own(self, ref: str) -> Accounts:
        _require_of(self._channel, ref)
        if self._accounts is None:
            raise UnknownChannel(f"the channel {self._channel} has no accounts, and so not {ref!r}")
        return self._accounts


def _require_of(channel: str, ref: str) -> None:
    if channel_of(ref) != channel:
        raise UnknownChannel(f"the channel {channel} does not answer for the account {ref!r}")
