"""Who somebody is: a directory id (principal), and that id as authenticated now (identity)."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, final

import msgspec

from approvals.errors import Refused, Unavailable

EVIDENCE_AGE = timedelta(seconds=60)
"""How old an answer about an account or a membership may be when somebody acts on it."""

_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9-]{1,63})+")
_SEAL = object()


def principal(address: str) -> str:
    """Return the directory id of an e-mail address: lower-cased, dots and plus kept.

    Raises `Refused` with code `address` when it is not one plain address.
    """
    bare = address.strip()
    lowered = bare.lower()
    # Lower case makes plain letters of some others: of the Kelvin sign a k.
    if not bare.isascii() or not _ADDRESS.fullmatch(lowered):
        raise Refused("address")
    return lowered


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A chat account as the chat service itself described it at `read_at`.

    `ref` is the account's id in its channel (`slack:T0123ABCD/U0123ABCD`), `team` the account's own team.
    """

    ref: str
    channel: str
    team: str
    email: str
    email_confirmed: bool
    name: str
    read_at: datetime
    active: bool
    guest: bool
    bot: bool


class IdentityRules(msgspec.Struct, frozen=True, kw_only=True):
    """Whose accounts count as ours (the policy's `identity` section).

    `aliases` leads each further address to the primary one, `email_map` a chat domain to the directory's.
    `sign_name` says what becomes of a signature by another name than the account's.
    `plus_addresses` is about those who decide: one mailbox has any number of them.
    """

    domains: tuple[str, ...]
    slack_teams: tuple[str, ...] = ()
    aliases: Mapping[str, str] = {}
    email_map: Mapping[str, str] = {}
    guests: Literal["refuse", "request"] = "refuse"
    plus_addresses: Literal["refuse", "allow"] = "allow"
    sign_name: Literal["match", "note"] = "note"

    def primary(self, address: str) -> str:
        """Return the one directory id behind an address. Raises `Refused` when it is no address."""
        local, _, domain = principal(address).partition("@")
        mapped = f"{local}@{self.email_map.get(domain, domain)}"
        return self.aliases.get(mapped, mapped)

    def addresses(self, person: str) -> tuple[str, ...]:
        """Every address that leads to this principal: its own, its aliases, and what `email_map` makes of them."""
        own = (person, *(alias for alias, owner in self.aliases.items() if owner == person))
        split = [each.partition("@") for each in own]
        mapped = (f"{n}@{chat}" for n, _, d in split for chat, ours in self.email_map.items() if ours == d)
        return tuple(each for each in dict.fromkeys((*own, *mapped)) if self.primary(each) == person)


@final
class Identity:
    """A principal as authenticated now. Only `authenticate` and its kind make one."""

    __slots__ = ("account", "principal")

    def __init__(self, seal: object, *, principal: str, account: Account) -> None:
        if seal is not _SEAL:
            raise TypeError("an identity comes from authenticate() alone")
        self.principal = principal
        self.account = account


def authenticate(
    account: Account, rules: IdentityRules, *, own_team: str, purpose: Literal["request", "decide"], now: datetime
) -> Identity:
    """Say which principal an account is. `own_team` stands in where the policy names no team.

    Raises `Refused` for accounts that do not count (the code says which rule), and `Unavailable` when the
    answer about the account is older than `EVIDENCE_AGE`.
    """
    if now - account.read_at > EVIDENCE_AGE:
        raise Unavailable("what is known about the account is too old")
    if account.bot:
        raise Refused("bot")
    if not account.active:
        raise Refused("inactive")
    if not account.team or account.team not in (rules.slack_teams or (own_team,)):
        raise Refused("foreign_team")
    if account.guest and not (rules.guests == "request" and purpose == "request"):
        raise Refused("guest.decide" if purpose == "decide" else "guest.ask")
    person = _address_of(account, rules)
    if purpose == "decide" and rules.plus_addresses == "refuse" and "+" in person.partition("@")[0]:
        raise Refused("plus_address")
    return Identity(_SEAL, principal=person, account=account)


def _address_of(account: Account, rules: IdentityRules) -> str:
    if not account.email:
        raise Refused("no_address")
    if not account.email_confirmed:
        raise Refused("unconfirmed")
    person = rules.primary(account.email)
    domain = person.partition("@")[2]
    if domain.endswith("gserviceaccount.com"):
        raise Refused("service_account")
    if domain not in rules.domains:
        raise Refused("foreign_domain", domain=account.email.partition("@")[2])
    return person
