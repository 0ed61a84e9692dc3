"""Who somebody is now, and by what that was proven. Only the router of the channels lets anybody in."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import final

from approvals.accounts import Account, Proof, Purpose, channel_of, person_of
from approvals.errors import CountersignError
from approvals.ports.people import Accounts
from approvals.principals import IdentityRules

_SEAL = object()


@final
class Identity:
    """A principal with its proof, and the account as its channel described it. Only `AccountRouter` makes one."""

    __slots__ = ("account", "principal", "proof")

    def __init__(self, seal: object, *, principal: str, proof: Proof, account: Account) -> None:
        if seal is not _SEAL:
            raise TypeError("an identity comes from AccountRouter.identify() alone")
        self.principal = principal
        self.proof = proof
        self.account = account


class UnknownChannel(CountersignError):
    """No channel of this service answers for such an account: what it did could never be counted again."""


@final
class AccountRouter:
    """Implements the port `Accounts` for every channel: whose a reference is, its scheme says.

    Who is let in by one channel can be asked for again by the same router. So no vote is taken whose account
    nobody could answer for when it is counted.
    """

    def __init__(self, channels: Mapping[str, Accounts], *, rules: Callable[[], IdentityRules]) -> None:
        """`channels` are their accounts by scheme, such as `slack`. `rules` returns the current policy's."""
        self._channels = dict(channels)
        self._rules = rules

    def account(self, ref: str, *, timeout: float) -> Account:
        """Look an account up in its channel. Raises `Unavailable`, `NotFound` or `UnknownChannel`."""
        return self._owner(ref).account(ref, timeout=timeout)

    def identify(self, account: Account, *, purpose: Purpose, now: datetime) -> Identity:
        """Say who somebody is whose account a channel has just described.

        Raises `Refused`, `Unavailable` or `UnknownChannel`.
        """
        self._owner(account.ref)
        person = person_of(account, self._rules(), purpose=purpose, how=account.how, now=now)
        return Identity(
            _SEAL, principal=person, proof=Proof(account=account.ref, how=account.how), account=account
        )

    def _owner(self, ref: str) -> Accounts:
        owner = self._channels.get(channel_of(ref))
        if owner is None:
            raise UnknownChannel(f"no channel here answers for the account {ref!r}")
        return owner
