"""Reads a policy file, or says everything that is wrong with it."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from hashlib import sha256

import msgspec
import yaml

from approvals.limits import Limits
from approvals.people.principals import IdentityRules
from approvals.policy.access import DurationRule, ExtendRule
from approvals.policy.fences import Fences
from approvals.policy.itself import with_itself
from approvals.policy.model import Entitlement, Policy
from approvals.policy.reading import sections
from approvals.policy.reading.actions import ActionScope, WrittenAction, actions
from approvals.policy.reading.applications import WrittenApplication, applications
from approvals.policy.reading.changing import change
from approvals.policy.reading.composing import compose
from approvals.policy.reading.document import PolicyError, Problem, Reader
from approvals.policy.reading.entitlements import Written, entitlements
from approvals.policy.reading.fences import fences
from approvals.policy.reading.issuers import WrittenIssuer, issuers
from approvals.policy.reading.keys import POLICY
from approvals.policy.reading.signals import signals
from approvals.policy.reading.sources import sources
from approvals.policy.reading.stages import Scope, ids
from approvals.policy.reading.tickets import tickets
from approvals.policy.reading.values import channel, selectors, timezone
from approvals.policy.selectors import people as selected

# Without its channel or its own time zone a policy means the same people: cards go to them one by one.
_BY_THEMSELVES = frozenset({"bad-channel", "bad-timezone"})


Asked = Written | WrittenAction
"""What can be asked for, as it could be read."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read of a file, good or not, and all problems; the policy holds what is sound.

    `firm` says that nothing is wrong with what all entitlements stand on: who people are, groups and defaults.
    """

    policy: Policy
    firm: bool
    written: tuple[Written, ...]
    issuers: tuple[WrittenIssuer, ...] = ()
    applications: tuple[WrittenApplication, ...] = ()
    actions: tuple[WrittenAction, ...] = ()
    problems: tuple[Problem, ...]
    channel_node: yaml.Node | None = None
    source_node: yaml.Node | None = None

    @property
    def asked(self) -> tuple[Asked, ...]:
        """All that can be asked for: entitlements, then actions."""
        return (*self.written, *self.actions)


def parse(text: bytes | str, *, source: str) -> Policy:
    """Read a policy file. Raises `PolicyError` with every problem at once, in order of position."""
    found = draft(text, source=source)
    if found.problems:
        raise PolicyError(found.problems)
    return found.policy


def draft(text: bytes | str, *, source: str) -> Draft:
    """Read as much of a file as is sound."""
    reader = Reader(source)
    node = compose(text, reader)
    fields = reader.mapping(node, "the policy", POLICY) if node is not None else None
    found = fields or {}
    if node is not None and fields is not None:
        reader.required(node, found, "the policy", *POLICY.required)
        _version(reader, found.get("version"))
    vouching = ids(found.get("issuers"))
    identity = (
        sections.identity(reader, found["identity"], issuers=vouching)
        if "identity" in found
        else IdentityRules(domains=())
    )
    people = msgspec.structs.replace(identity, service_accounts={})
    groups = sections.groups(reader, found["groups"], people) if "groups" in found else {}
    guardrails = (
        fences(reader, found["guardrails"], identity=people, groups=groups) if "guardrails" in found else Fences()
    )
    scope = Scope(identity=people, askers=identity, groups=groups, duration=None, zoned="timezone" in found)
    defaults = sections.defaults(reader, found["defaults"], scope) if "defaults" in found else sections.Defaults()
    firm = not [problem for problem in reader.problems if problem.code not in _BY_THEMSELVES]
    scope = msgspec.structs.replace(scope, duration=defaults.duration)
    lines: dict[str, int] = {}
    written = entitlements(reader, found["entitlements"], scope, lines=lines) if "entitlements" in found else ()
    acting = _acting(reader, found, scope, pending=defaults.pending, lines=lines)
    policy = Policy(
        digest=digest_of(text),
        timezone=(timezone(reader, found["timezone"]) if "timezone" in found else None) or "UTC",
        identity=identity,
        groups=groups,
        pending=defaults.pending,
        channel=defaults.channel,
        notify=defaults.notify,
        security_channel=(channel(reader, found["security_channel"]) if "security_channel" in found else None)
        or "",
        email=defaults.email,
        remind=defaults.remind,
        escalate=defaults.escalate,
        retention=defaults.retention,
        delegates=_selected(reader, found, "delegates", people, groups),
        change=change(reader, found["change"], identity=people, groups=groups) if "change" in found else None,
        auditors=_selected(reader, found, "auditors", people, groups),
        administrators=_selected(reader, found, "administrators", people, groups),
        limits=sections.limits(reader, found["limits"]) if "limits" in found else Limits(),
        tickets=tickets(reader, found["tickets"]) if "tickets" in found else None,
        guardrails=guardrails,
        entitlements={
            each.entitlement.id: _shortened(each.entitlement, guardrails) for each in written if each.entitlement
        },
        issuers={each.issuer.id: each.issuer for each in acting.issuers},
        applications={each.application.id: each.application for each in acting.applications},
        actions={each.action.id: each.action for each in acting.actions if each.action},
        signals={each.id: each for each in signals(reader, found["signals"])} if "signals" in found else {},
        source=sources(reader, found["sources"], scope) if "sources" in found else None,
    )
    _require_acceptable(reader, policy, found.get("change"))
    return Draft(
        policy=with_itself(policy),
        firm=firm,
        written=written,
        issuers=acting.issuers,
        applications=acting.applications,
        actions=acting.actions,
        problems=reader.problems,
        channel_node=defaults.channel_node,
        source_node=found.get("sources"),
    )


def _require_acceptable(reader: Reader, policy: Policy, node: yaml.Node | None) -> None:
    """So many people have to be there, or nothing looser could ever be accepted."""
    rule = policy.change
    if rule is None or node is None:
        return
    found = selected(policy, rule.approvers)
    if not found.others and len(found.known) < rule.needed:
        few = f"change.needed is {rule.needed}, and change.approvers are {len(found.known)}: nobody could accept"
        reader.refuse(node, "unreachable-quorum", few)


def _shortened(entitlement: Entitlement, guardrails: Fences) -> Entitlement:
    """The entitlement as long as the guardrails let it be: what forms say of it is then true."""
    most = guardrails.max_duration
    if most is None:
        return entitlement
    lasting, extend = entitlement.duration, entitlement.extend
    shorter = DurationRule(default=min(lasting.default, most), max=min(lasting.max, most))
    in_all = None if extend is None else ExtendRule(max_total=min(extend.max_total, most))
    return msgspec.structs.replace(entitlement, duration=shorter, extend=in_all)


class _Acting(msgspec.Struct, frozen=True, kw_only=True):
    issuers: tuple[WrittenIssuer, ...] = ()
    applications: tuple[WrittenApplication, ...] = ()
    actions: tuple[WrittenAction, ...] = ()


def _acting(
    reader: Reader, found: Mapping[str, yaml.Node], scope: Scope, *, pending: timedelta, lines: dict[str, int]
) -> _Acting:
    """Read who vouches for people, which programs ask, and what for: each stands on the one before."""
    vouching = issuers(reader, found["issuers"]) if "issuers" in found else ()
    unread = dict.fromkeys(ids(found.get("issuers")), "")
    known = unread | {each.issuer.id: each.issuer.issuer for each in vouching}
    asking = applications(reader, found["applications"], issuers=known) if "applications" in found else ()
    around = ActionScope(
        scope=scope,
        pending=pending,
        issuers={each.issuer.id: each.issuer for each in vouching},
        applications={each.application.id: each.application for each in asking},
        written=ids(found.get("applications")),
    )
    offered = actions(reader, found["actions"], around, lines=lines) if "actions" in found else ()
    return _Acting(issuers=vouching, applications=asking, actions=offered)


def _selected(
    reader: Reader,
    found: Mapping[str, yaml.Node],
    key: str,
    identity: IdentityRules,
    groups: Collection[str],
) -> tuple[str, ...]:
    """Read a list of selectors that may be left out."""
    if key not in found:
        return ()
    return selectors(reader, found[key], key, identity=identity, groups=groups) or ()


def _version(reader: Reader, node: yaml.Node | None) -> None:
    if node is None:
        return
    value = reader.integer(node, "version")
    if value is not None and value != 1:
        reader.refuse(node, "bad-version", "this program reads version 1 of the policy file")


def digest_of(text: bytes | str) -> str:
    """The digest of a policy file, as `sha256:HEX`."""
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    return "sha256:" + sha256(data).hexdigest()
