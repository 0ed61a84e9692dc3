"""The sections of a policy that hold for all entitlements: identity, groups, defaults."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Literal

import msgspec
import yaml

from approvals.limits import Limits
from approvals.people.principals import IdentityRules, principal
from approvals.policy.access import DurationRule
from approvals.policy.reading import machines, proofs
from approvals.policy.reading.document import Reader, meant_by, shown
from approvals.policy.reading.keeping import retention
from approvals.policy.reading.keys import DEFAULTS, DURATION, IDENTITY, LIMITS
from approvals.policy.reading.mails import email
from approvals.policy.reading.reminders import calling
from approvals.policy.reading.stages import Scope
from approvals.policy.reading.values import TEAM, channel, duration, either, selectors, shaped
from approvals.policy.reminding import EmailRule, EscalateRule, RemindRule
from approvals.policy.selectors import DOMAIN, GROUP_NAME
from approvals.refusals.errors import Refused
from countersign_client.patterns import Pattern

PENDING = timedelta(hours=1)
_ACCOUNT = Pattern(r"[!-~]{1,600}")
_GUIDS = Pattern(r"[0-9A-Fa-f-]{36}/[0-9A-Fa-f-]{36}")
"""Entra's, in which capitals mean nothing."""


class Defaults(msgspec.Struct, frozen=True, kw_only=True):
    """What holds where an entitlement says nothing."""

    duration: DurationRule | None = None
    pending: timedelta = PENDING
    channel: str = ""
    notify: Literal["thread", "direct"] = "thread"
    channel_node: yaml.Node | None = None
    email: EmailRule = EmailRule()
    remind: RemindRule = RemindRule()
    escalate: EscalateRule = EscalateRule()
    retention: timedelta | None = None


def identity(reader: Reader, node: yaml.Node, *, issuers: Collection[str] = ()) -> IdentityRules:
    """Read whose accounts count. Without any domain nobody's do. `issuers` are the ids of those in the policy."""
    found = reader.mapping(node, "identity", IDENTITY)
    if found is None:
        return IdentityRules(domains=())
    reader.required(node, found, "identity", *IDENTITY.required)
    domains = _each(reader, found.get("domains"), "identity.domains", domain)
    if "domains" in found and not domains:
        reader.refuse(found["domains"], "empty-list", "identity.domains names no domain, so nobody could sign in")
    email_map = _email_map(reader, found.get("email_map"), domains)
    bare = IdentityRules(domains=domains, email_map=email_map)
    aliases = _aliases(reader, found.get("aliases"), bare, issuers)
    people = IdentityRules(domains=domains, email_map=email_map, aliases=aliases)
    return IdentityRules(
        domains=domains,
        slack_teams=_each(reader, found.get("slack_teams"), "identity.slack_teams", _team),
        aliases=aliases,
        email_map=email_map,
        guests=either(reader, found.get("guests"), "identity.guests", ("refuse", "request"), usual="refuse"),
        plus_addresses=either(
            reader, found.get("plus_addresses"), "identity.plus_addresses", ("refuse", "allow"), usual="allow"
        ),
        sign_name=either(reader, found.get("sign_name"), "identity.sign_name", ("match", "note"), usual="note"),
        accept=proofs.accept(reader, found.get("accept")),
        proof_age=proofs.proof_age(reader, found.get("proof_age")),
        web=proofs.gate(reader, found.get("web")),
        gcip=proofs.externals(reader, found.get("gcip")),
        service_accounts=machines.service_accounts(reader, found.get("service_accounts"), people),
    )


def _each(
    reader: Reader, node: yaml.Node | None, what: str, read: Callable[[Reader, yaml.Node], str | None]
) -> tuple[str, ...]:
    nodes = reader.items(node, what) if node is not None else None
    values = [read(reader, item) for item in nodes or ()]
    return tuple(dict.fromkeys(value for value in values if value is not None))


def domain(reader: Reader, node: yaml.Node) -> str | None:
    """Read the domain of people's addresses."""
    value = reader.string(node, "domain")
    if value is None:
        return None
    if not value.isascii() or not DOMAIN.fullmatch(value.lower()):
        reader.refuse(node, "bad-domain", f"{shown(value)} is no domain; write for example example.com")
        return None
    if value.lower().endswith("gserviceaccount.com"):
        reader.refuse(
            node,
            "bad-domain",
            "service accounts decide nothing; identity.service_accounts names those that ask",
        )
        return None
    return value.lower()


def _team(reader: Reader, node: yaml.Node) -> str | None:
    hint = "the id of a workspace, for example T0123ABCD"
    return shaped(reader, node, "Slack team", pattern=TEAM, code="bad-team", hint=hint)


def _email_map(reader: Reader, node: yaml.Node | None, domains: Collection[str]) -> dict[str, str]:
    entries = reader.entries(node, "identity.email_map") if node is not None else None
    found: dict[str, str] = {}
    for key, value in (entries or {}).values():
        source, target = domain(reader, key), domain(reader, value)
        if source is None or target is None:
            continue
        # Were the target mapped in turn, one address would have two ids.
        if target not in domains or target in {str(each).lower() for each in entries or ()}:
            reader.refuse(
                value, "foreign-domain", f"{shown(target)} must be one of identity.domains, not mapped itself"
            )
            continue
        found[source] = target
    return found


def _aliases(
    reader: Reader, node: yaml.Node | None, rules: IdentityRules, issuers: Collection[str]
) -> dict[str, str]:
    entries = reader.entries(node, "identity.aliases") if node is not None else None
    found: dict[str, str] = {}
    owners = [(_address(reader, key, rules), key, value) for key, value in (entries or {}).values()]
    taken = [owner for owner, _, _ in owners]
    for owner, key, value in owners:
        if not owner:
            continue
        if taken.count(owner) > 1:
            reader.refuse(key, "alias-twice", f"{shown(owner)} is written twice")
        if rules.domains and owner.partition("@")[2] not in rules.domains:
            reader.refuse(key, "foreign-domain", f"{shown(owner)} is not in identity.domains")
        for item in reader.items(value, f"the aliases of {owner}") or ():
            alias = _alias(reader, item, rules, issuers)
            if alias in found or alias in taken:
                reader.refuse(item, "alias-twice", f"{shown(alias)} belongs to somebody already")
            elif alias:
                found[alias] = owner
    return found


def _alias(reader: Reader, node: yaml.Node, rules: IdentityRules, issuers: Collection[str]) -> str:
    """An address, or ISSUER:WHO: an account of an issuer of tokens, by what it is called there for good."""
    value = reader.string(node, "alias")
    if value is None:
        return ""
    issuer, colon, who = value.partition(":")
    if not colon:
        return _address(reader, node, rules)
    if issuer not in issuers:
        hint = meant_by(issuer, issuers) if issuers else "the policy has no issuers"
        reader.refuse(node, "unknown-issuer", f"there is no issuer {shown(issuer)}; {hint}")
        return ""
    if not _ACCOUNT.fullmatch(who):
        reader.refuse(node, "bad-alias", f"{shown(who)} is nothing that an issuer calls somebody")
        return ""
    return f"{issuer}:{who.lower() if _GUIDS.fullmatch(who) else who}"


def _address(reader: Reader, node: yaml.Node, rules: IdentityRules) -> str:
    value = reader.string(node, "address")
    if value is None:
        return ""
    try:
        principal(value)
    except Refused:
        reader.refuse(node, "bad-address", f"{shown(value)} is no e-mail address")
        return ""
    return rules.primary(value)


def groups(reader: Reader, node: yaml.Node, rules: IdentityRules) -> Mapping[str, tuple[str, ...]]:
    """Read the local groups. A group with a broken member keeps its name, and holds nobody."""
    found: dict[str, tuple[str, ...]] = {}
    for name, (key, value) in (reader.entries(node, "groups") or {}).items():
        if not GROUP_NAME.fullmatch(name.lower()):
            reader.refuse(key, "bad-group", f"{shown(name)} is no name of a local group; write for example sre")
            continue
        if name.lower() in found:
            reader.refuse(key, "duplicate-key", f"there is a group {shown(name.lower())} already")
            continue
        members = selectors(reader, value, f"group {shown(name)}", identity=rules, groups=None)
        found[name.lower()] = members or ()
    return found


def defaults(reader: Reader, node: yaml.Node, scope: Scope) -> Defaults:
    """Read what holds where an entitlement says nothing."""
    found = reader.mapping(node, "defaults", DEFAULTS) or {}
    pending = duration(reader, found["pending"], "defaults.pending") if "pending" in found else None
    rule = duration_rule(reader, found["duration"], "defaults.duration") if "duration" in found else None
    # A broken rule is one problem, not one more for every entitlement that relies on it.
    stand_in = DurationRule(default=PENDING, max=PENDING) if "duration" in found else None
    told = calling(reader, found, scope, prefix="defaults.")
    return Defaults(
        duration=rule or stand_in,
        pending=pending or PENDING,
        channel_node=found.get("channel"),
        channel=(channel(reader, found["channel"]) if "channel" in found else None) or "",
        notify=either(reader, found.get("notify"), "defaults.notify", ("thread", "direct"), usual="thread"),
        email=email(reader, found.get("email"), "defaults.email") or EmailRule(),
        remind=told.remind or RemindRule(),
        escalate=told.escalate or EscalateRule(),
        retention=retention(reader, found.get("retention"), "defaults.retention"),
    )


def duration_rule(reader: Reader, node: yaml.Node, what: str) -> DurationRule | None:
    """Read the usual and the longest duration."""
    found = reader.mapping(node, what, DURATION)
    if found is None or not reader.required(node, found, what, *DURATION.required):
        return None
    usual = duration(reader, found["default"], f"{what}.default")
    longest = duration(reader, found["max"], f"{what}.max")
    if usual is None or longest is None:
        return None
    if usual > longest:
        reader.refuse(found["default"], "bad-duration", f"{what}.default is longer than {what}.max")
        return None
    return DurationRule(default=usual, max=longest)


def limits(reader: Reader, node: yaml.Node) -> Limits:
    """Read how much one person may ask for: at most what holds without the section."""
    found = reader.mapping(node, "limits", LIMITS) or {}
    most = Limits()
    why = "a policy file only makes it smaller"
    return Limits(
        pending=limit(
            reader, found.get("pending"), "limits.pending", usual=most.pending, most=most.pending, why=why
        ),
        per_hour=limit(
            reader, found.get("per_hour"), "limits.per_hour", usual=most.per_hour, most=most.per_hour, why=why
        ),
    )


def limit(reader: Reader, node: yaml.Node | None, what: str, *, usual: int, most: int, why: str) -> int:
    """Read one limit, from 1 to `most`; `why` says why it is no more."""
    value = reader.integer(node, what) if node is not None else usual
    if node is not None and value is not None and not 1 <= value <= most:
        reader.refuse(node, "bad-limit", f"{what} is from 1 to {most}: {why}")
        return usual
    return usual if value is None else value
