"""Who somebody is: a directory id (principal), and whose addresses are ours."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Literal

import msgspec

from approvals.refusals.errors import Refused

EVIDENCE_AGE = timedelta(seconds=60)
"""How old an answer about an account or a membership may be when somebody acts on it."""

_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9-]{1,63})+")


@lru_cache(maxsize=4096)
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


ITSELF = "whoever-wrote-the-policy@countersign.invalid"
"""For whom this service asks by itself. Nobody can have such an address (RFC 2606), and no file name it."""


@lru_cache(maxsize=4096)
def is_service_account(address: str) -> bool:
    """An address of a robot in Google Cloud, whoever runs it, or of this service itself."""
    return address == ITSELF or f".{address.lower().rpartition('@')[2]}".endswith(".gserviceaccount.com")


Means = Literal["chat", "web"]
"""How somebody comes: by a chat, whose word for who it is must do, or by a page, where they signed in for it."""


class Accept(msgspec.Struct, frozen=True, kw_only=True):
    """What counts for asking and for deciding. With `chat` a page counts as well; `web` is the page alone."""

    request: Means = "chat"
    decide: Means = "chat"


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """What must hold on every page: all of these access levels, and of each attribute one of these values."""

    access_levels: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = {}


class Externals(msgspec.Struct, frozen=True, kw_only=True):
    """Which external identities count: of these providers, in these tenants. Without tenants: those of none."""

    providers: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()


class IdentityRules(msgspec.Struct, frozen=True, kw_only=True):
    """Whose accounts count as ours (the policy's `identity` section).

    `aliases` leads each further address to the primary one, and `ISSUER:WHO`, which is what an issuer of tokens
    calls somebody, to whose account that is; `email_map` a chat domain to the directory's.
    `sign_name` says what becomes of a signature by another name than the account's.
    `plus_addresses` is about those who decide: one mailbox has any number of them. `proof_age` is how long a vote
    counts whose account cannot be looked up again. `service_accounts` may ask, each with the people who own it.
    """

    domains: tuple[str, ...]
    slack_teams: tuple[str, ...] = ()
    aliases: Mapping[str, str] = {}
    email_map: Mapping[str, str] = {}
    guests: Literal["refuse", "request"] = "refuse"
    plus_addresses: Literal["refuse", "allow"] = "allow"
    sign_name: Literal["match", "note"] = "note"
    accept: Accept = Accept()
    proof_age: timedelta = timedelta(hours=1)
    web: Gate = Gate()
    gcip: Externals = Externals()
    service_accounts: Mapping[str, tuple[str, ...]] = {}

    def primary(self, address: str) -> str:
        """Return the one directory id behind an address. Raises `Refused` when it is no address."""
        own = principal(address)
        if self.email_map:
            local, _, domain = own.partition("@")
            own = f"{local}@{self.email_map.get(domain, domain)}"
        return self.aliases.get(own, own)

    def knows(self, person: str) -> bool:
        """Whether a primary address can be somebody's here: of our domains, or a service account with owners."""
        return person.rpartition("@")[2] in self.domains or person in self.service_accounts

    def barred(self, requester: str) -> frozenset[str]:
        """Who decides nothing that this one asks for: itself, and who owns it where it is a service account."""
        return frozenset({requester, *self.service_accounts.get(requester, ())})

    def addresses(self, person: str) -> tuple[str, ...]:
        """Every address that leads to this principal: its own, its aliases, and what `email_map` makes of them."""
        # An alias with a colon is what an issuer of tokens calls them, and no address.
        own = (person, *(one for one, owner in self.aliases.items() if owner == person and ":" not in one))
        split = [each.partition("@") for each in own]
        mapped = (f"{n}@{chat}" for n, _, d in split for chat, ours in self.email_map.items() if ours == d)
        return tuple(each for each in dict.fromkeys((*own, *mapped)) if self.primary(each) == person)


def ours(addresses: Iterable[str], rules: IdentityRules) -> Iterator[str]:
    """The people of ours among the members of a directory group, which may hold others: those decide nothing."""
    for address in addresses:
        try:
            person = rules.primary(address)
        except Refused:
            continue
        if person.partition("@")[2] in rules.domains:
            yield person
