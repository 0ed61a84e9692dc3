"""Who is meant: `user:a@x`, `group:x` (local), `group:g@x` (directory), `domain:x`."""

import re
from collections.abc import Iterable

import msgspec

from approvals.people.memberships import NOTHING_KNOWN, Answer, Memberships
from approvals.people.principals import IdentityRules, is_service_account, principal
from approvals.policy.model import Policy
from approvals.policy.remembered import remembered
from approvals.refusals.errors import Refused

GROUP_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9-]{1,63})+")


class SelectorError(ValueError):
    """A text selects nobody that this installation can know. `code` says in which way."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def canonical(text: str, identity: IdentityRules) -> str:
    """Return the canonical form of a selector; a person's aliases become the one principal.

    Raises `SelectorError`, also for people and domains outside `identity.domains`: they never get in.
    """
    # Lower case would make plain letters of some others.
    lowered = text.strip().lower() if text.isascii() else text
    kind, colon, value = lowered.partition(":")
    if not colon:
        kind, value = "user", lowered
    if kind == "user":
        return f"user:{_person(value, identity)}"
    if kind == "domain" and DOMAIN.fullmatch(value):
        return f"domain:{_ours(value, identity)}"
    if kind == "group" and (GROUP_NAME.fullmatch(value) or _is_address(value)):
        return f"group:{value}"
    raise SelectorError(
        "bad-selector", "write an address, user:A@X, group:NAME, group:NAME@DOMAIN or domain:DOMAIN"
    )


def _person(address: str, identity: IdentityRules) -> str:
    try:
        person = identity.primary(address)
    except Refused as error:
        text = "write an address, user:A@X, group:NAME, group:NAME@DOMAIN or domain:DOMAIN"
        raise SelectorError("bad-selector", text) from error
    if person not in identity.service_accounts:
        _ours(person.partition("@")[2], identity)
    return person


def _ours(domain: str, identity: IdentityRules) -> str:
    if domain in identity.email_map:
        mapped = identity.email_map[domain]
        raise SelectorError("foreign-domain", f"identity.email_map turns {domain} into {mapped}; write that one")
    # Without any domain the identity section is broken and reported already.
    if is_service_account(domain):
        text = "a service account only asks, by itself, where identity.service_accounts names its owners"
        raise SelectorError("service-account", text)
    if identity.domains and domain not in identity.domains:
        raise SelectorError("foreign-domain", f"{domain} is not in identity.domains, so nobody there can sign in")
    return domain


def _is_address(text: str) -> bool:
    try:
        return principal(text) == text
    except Refused:
        return False


def is_calendar(selector: str) -> bool:
    """It selects whoever has a shift in a calendar at the moment: `ical:https://…`. No file can write one so."""
    return selector.startswith("ical:")


def local_group(selector: str) -> str:
    """The name of the local group that a canonical selector means, else the empty string."""
    kind, _, value = selector.partition(":")
    return value if kind == "group" and "@" not in value else ""


def answer(
    policy: Policy, selectors: Iterable[str], person: str, memberships: Memberships, *, gone: Answer = "no"
) -> Answer:
    """Say whether a person is among the selected; `gone` is what holds of a directory group that is not there."""
    found = expanded(policy, tuple(selectors))
    if person in found.people or person.rpartition("@")[2] in found.domains:
        return "yes"
    answers = {memberships.holds(group, person, gone=gone) for group in found.groups}
    return "yes" if "yes" in answers else "unknown" if "unknown" in answers else "no"


def is_quiet(policy: Policy, name: str, person: str) -> bool:
    """Of an entitlement or action a person is asked for nothing, although they may approve it."""
    found = policy.named(name)
    return found is not None and answer(policy, found.quiet, person, NOTHING_KNOWN) == "yes"


def directory_groups(policy: Policy, selectors: Iterable[str]) -> frozenset[str]:
    """The directory groups whose membership must be looked up to answer for these selectors."""
    return expanded(policy, tuple(selectors)).groups


class People(msgspec.Struct, frozen=True, kw_only=True):
    """The people that the policy itself names, and the selectors whose members only others know."""

    known: frozenset[str]
    others: tuple[str, ...]


def people(policy: Policy, selectors: Iterable[str]) -> People:
    """Resolve selectors as far as the policy goes."""
    found = expanded(policy, tuple(selectors))
    return People(known=found.people, others=found.others)


class Expanded(msgspec.Struct, frozen=True, kw_only=True):
    """Selectors with each local group replaced by its members: people, domains, and directory groups.

    `others` are the selectors among them that name no person.
    """

    people: frozenset[str]
    domains: frozenset[str]
    groups: frozenset[str]
    others: tuple[str, ...]


@remembered
def expanded(policy: Policy, selectors: tuple[str, ...]) -> Expanded:
    """What selectors come to: every click asks for the same several times."""
    every = [each for selector in selectors for each in _members(policy, selector)]
    values: dict[str, list[str]] = {"user": [], "domain": [], "group": []}
    for selector in every:
        kind, _, value = selector.partition(":")
        values.setdefault(kind, []).append(value)
    return Expanded(
        people=frozenset(values["user"]),
        domains=frozenset(values["domain"]),
        groups=frozenset((*values["group"], *values.get("ical", ()))),
        others=tuple(dict.fromkeys(each for each in every if not each.startswith("user:"))),
    )


def _members(policy: Policy, selector: str) -> tuple[str, ...]:
    name = local_group(selector)
    return policy.groups.get(name, ()) if name else (selector,)
