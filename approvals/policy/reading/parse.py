"""Reads a policy file, or says everything that is wrong with it."""

from collections.abc import Collection
from hashlib import sha256

import msgspec
import yaml

from approvals.limits import Limits
from approvals.policy.model import Policy
from approvals.policy.reading import sections
from approvals.policy.reading.document import PolicyError, Problem, Reader, compose
from approvals.policy.reading.entitlements import Scope, Written, entitlements
from approvals.policy.reading.keys import POLICY
from approvals.policy.reading.tickets import tickets
from approvals.policy.reading.values import selectors, timezone
from approvals.principals import IdentityRules

# Without its channel or its own time zone a policy means the same people: cards go to them one by one.
_BY_THEMSELVES = frozenset({"bad-channel", "bad-timezone"})


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read of a file, good or not, and all problems; the policy holds what is sound.

    `firm` says that nothing is wrong with what all entitlements stand on: who people are, groups and defaults.
    """

    policy: Policy
    firm: bool
    written: tuple[Written, ...]
    problems: tuple[Problem, ...]
    channel_node: yaml.Node | None = None


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
    identity = sections.identity(reader, found["identity"]) if "identity" in found else IdentityRules(domains=())
    people = msgspec.structs.replace(identity, service_accounts={})
    groups = sections.groups(reader, found["groups"], people) if "groups" in found else {}
    defaults = sections.defaults(reader, found["defaults"]) if "defaults" in found else sections.Defaults()
    firm = not [problem for problem in reader.problems if problem.code not in _BY_THEMSELVES]
    scope = Scope(identity=people, askers=identity, groups=groups, duration=defaults.duration)
    written = entitlements(reader, found["entitlements"], scope) if "entitlements" in found else ()
    policy = Policy(
        digest=digest_of(text),
        timezone=(timezone(reader, found["timezone"]) if "timezone" in found else None) or "UTC",
        identity=identity,
        groups=groups,
        pending=defaults.pending,
        channel=defaults.channel,
        notify=defaults.notify,
        email=defaults.email,
        auditors=_auditors(reader, found.get("auditors"), people, groups),
        limits=sections.limits(reader, found["limits"]) if "limits" in found else Limits(),
        tickets=tickets(reader, found["tickets"]) if "tickets" in found else None,
        entitlements={each.entitlement.id: each.entitlement for each in written if each.entitlement},
    )
    return Draft(
        policy=policy, firm=firm, written=written, problems=reader.problems, channel_node=defaults.channel_node
    )


def _auditors(
    reader: Reader, node: yaml.Node | None, identity: IdentityRules, groups: Collection[str]
) -> tuple[str, ...]:
    if node is None:
        return ()
    return selectors(reader, node, "auditors", identity=identity, groups=groups) or ()


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
