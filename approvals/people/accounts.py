"""What a channel says of one of its accounts, and which person that account is here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from approvals.people.principals import EVIDENCE_AGE, IdentityRules, Means, is_service_account, principal
from approvals.refusals.errors import Refused, Unavailable

Purpose = Literal["request", "decide"]


class How(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How somebody was authenticated, as far as the channel knows.

    `amr` are the methods (RFC 8176), `acr` is the class of the sign-in (OpenID Connect Core), `levels` are access
    levels that held, `organisation` is the domain of a Workspace account. Of an external identity `provider` and
    `tenant` say where it is from, and `attributes` what that claims. `read_at` is when the channel was asked,
    `auth_time` when the person had signed in, and `auth_within` how many seconds before `read_at` that was at
    most; 0 where nobody knows.
    """

    amr: tuple[str, ...] = ()
    acr: str = ""
    levels: tuple[str, ...] = ()
    organisation: str = ""
    provider: str = ""
    tenant: str = ""
    attributes: Mapping[str, tuple[str, ...]] = {}
    auth_time: datetime | None = None
    auth_within: int = 0
    read_at: datetime | None = None


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """By which account somebody was authenticated, and how."""

    account: str
    how: How

    @property
    def channel(self) -> str:
        return channel_of(self.account)


class Account(Protocol):
    """An account as its channel described it at `read_at`. `ref` begins with the channel's name and a colon."""

    @property
    def ref(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def guest(self) -> bool: ...
    @property
    def read_at(self) -> datetime: ...
    @property
    def how(self) -> How: ...
    @property
    def means(self) -> Means: ...
    @property
    def left(self) -> bool:
        """Its channel says in so many words that it is deactivated. False where nobody can tell."""

    def require(self, rules: IdentityRules, *, purpose: Purpose, how: How) -> None:
        """Raise `Refused` where the channel's own rules say that this account does not count.

        `how` is what was known when the account was used: now, or when it asked, or cast the vote that is counted.
        """


def require_accepted(account: Account, rules: IdentityRules, *, purpose: Purpose) -> None:
    """Raise `Refused` of kind `accept` where the policy takes this by a page alone, and this is none."""
    if account.means == "web":
        return
    if purpose == "request" and rules.accept.request == "web":
        raise Refused("accept.request")
    if purpose == "decide" and rules.accept.decide == "web":
        raise Refused("accept.decide")


def channel_of(ref: str) -> str:
    """The channel that answers for an account: what its reference begins with; empty where it names none."""
    return ref.partition(":")[0] if ":" in ref else ""


def person_of(account: Account, rules: IdentityRules, *, purpose: Purpose, how: How, now: datetime) -> str:
    """Say which principal an account is now.

    Raises `Refused` for accounts that do not count (the code says which rule), and `Unavailable` when the
    answer about the account is older than `EVIDENCE_AGE`.
    """
    if now - account.read_at > EVIDENCE_AGE:
        raise Unavailable("what is known about the account is too old")
    account.require(rules, purpose=purpose, how=how)
    if account.means == "web" and purpose == "decide" and not _serves(how, rules, now=now):
        raise Refused("proof.old")
    if is_service_account(account.email):
        return _machine(account, rules, purpose=purpose)
    person = rules.primary(account.email)
    local, _, domain = person.partition("@")
    if domain.endswith("gserviceaccount.com"):
        raise Refused("service_account")
    if domain not in rules.domains:
        raise Refused("foreign_domain", domain=account.email.partition("@")[2])
    if purpose == "decide" and rules.plus_addresses == "refuse" and "+" in local:
        raise Refused("plus_address")
    return person


def _machine(account: Account, rules: IdentityRules, *, purpose: Purpose) -> str:
    """A service account asks where the policy names its owners, signed in for it, and never decides."""
    address = principal(account.email)
    if address not in rules.service_accounts or account.means != "web":
        raise Refused("service_account")
    if purpose == "decide":
        raise Refused("service_account.decide")
    return address


def _serves(how: How, rules: IdentityRules, *, now: datetime) -> bool:
    """A page's proof is not too old: its account cannot be looked up again, so it serves for a while."""
    return how.read_at is not None and abs(now - how.read_at) <= rules.proof_age


def still_person_of(account: Account, rules: IdentityRules, *, purpose: Purpose, how: How, now: datetime) -> str:
    """Say the same of an account by which somebody asked or voted before, by the rules of this moment.

    Whoever asked is not here to ask in another way: then the policy offers what was asked no more. So it is where
    it has come to want more of a page's proof than there was.
    """
    try:
        require_accepted(account, rules, purpose=purpose)
        if account.means == "web":
            account.require(rules, purpose=purpose, how=how)
    except Refused as refusal:
        raise (Refused("terms.changed") if purpose == "request" else refusal) from None
    return person_of(account, rules, purpose=purpose, how=how, now=now)


def address_now(recorded: str, account: Account | None, rules: IdentityRules) -> str:
    """The address that an account has by now, where it leads to somebody else than the recorded one."""
    if account is None or account.email == recorded:
        return ""
    try:
        changed = rules.primary(account.email) != rules.primary(recorded)
    except Refused:
        return ""
    return account.email if changed else ""
