"""Entitlements that IAM offers: made of eligible bindings, by what the policy's `sources` say of them.

Their ids name the project, so that IAM can be asked about one of them alone, and hold a digest of all else that
tells one from the others.
"""

import json
import re
from base64 import b32hexencode
from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec

from approvals.eligible.bindings import Attached, Eligible, LeftOut, eligible
from approvals.eligible.unfit import unfit
from approvals.policy.access import DurationRule, JustificationRule
from approvals.policy.fences import matches
from approvals.policy.model import OF_IAM, Entitlement, IamSource, Overlay, Policy, Requirement, Stage
from approvals.policy.reading.values import PROJECT, TITLE_LENGTH
from approvals.policy.roles import google_role
from approvals.policy.selectors import SelectorError, canonical
from approvals.targets import IamRoles, Target
from approvals.terms.records import Terms
from countersign_client.patterns import Pattern

_ID = Pattern(rf"{re.escape(OF_IAM)}({PROJECT})\.[0-9a-v]{{16}}")


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that IAM offers. `twin` is the same without peers, by its id, where IAM offers that as well."""

    entitlement: Entitlement
    twin: str = ""


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """What IAM offers on projects, in their order, and what it means to and cannot."""

    offered: tuple[Offered, ...]
    left_out: tuple[LeftOut, ...]


def project_of(name: str) -> str:
    """The project that an id of IAM's is about (`projects/ID`); empty for any other text."""
    found = _ID.fullmatch(name)
    return f"projects/{found[1]}" if found else ""


def offers(
    policy: Policy, policies: Sequence[Attached], projects: Mapping[str, Sequence[str]], *, scope: str = ""
) -> Offers:
    """What these bindings offer on these projects, each with what is above it, nearest first.

    Nothing where the policy names no source. `scope` bounds what counts, where that was not done before.
    """
    source = policy.source
    if source is None:
        return Offers(offered=(), left_out=())
    found = eligible(policies, projects, scope=scope, both=True)
    left_out = list(found.left_out)
    kept: list[Eligible] = []
    for each in found.eligible:
        if why := unfit(each):
            left_out.append(LeftOut(place=f"{each.project}, {each.role}", text=why))
        else:
            kept.append(each)
    alone = {_same(each): id_of(each) for each in kept if each.kind == "self"}
    made = (
        Offered(
            entitlement=_entitlement(policy, source, each),
            twin=alone.get(_same(each), "") if each.kind == "peers" else "",
        )
        for each in kept
    )
    return Offers(offered=tuple(made), left_out=tuple(left_out))


def id_of(each: Eligible) -> str:
    """The id of one thing that somebody is eligible for; it is the same wherever and whenever it is read."""
    parts = [each.project, each.role, each.condition, each.kind, each.topic]
    digest = b32hexencode(sha256(json.dumps(parts).encode()).digest()[:10]).decode().lower()
    return f"{OF_IAM}{each.project.partition('/')[2]}.{digest}"


def channel_of(policy: Policy, terms: Terms) -> str:
    """Where the cards of a request go, whether or not IAM offers it still; empty for direct messages."""
    if policy.source is None or not project_of(terms.entitlement):
        return policy.channel_for(terms.entitlement)
    return _overlay(policy.source, terms.targets).channel or policy.channel


def _same(each: Eligible) -> tuple[str, str, str]:
    return each.project, each.role, each.condition


def _entitlement(policy: Policy, source: IamSource, each: Eligible) -> Entitlement:
    target = IamRoles(resource=each.project, roles=(each.role,), condition=each.condition)
    added = _overlay(source, (target,))
    return Entitlement(
        id=id_of(each),
        title=_title(each),
        targets=(target,),
        requesters=_selectors(policy, each.askers),
        duration=_fenced(policy, added.duration),
        justification=added.justification or JustificationRule(),
        requirement=_requirement(policy, each, added),
        channel=added.channel,
    )


def _requirement(policy: Policy, each: Eligible, added: Overlay) -> Requirement:
    """Peers first, and then whom the policy adds; nobody else where it adds nobody and there are no peers."""
    peers = Stage(approvers=_selectors(policy, each.approvers), sign=added.sign)
    stages = (*((peers,) if each.kind == "peers" else ()), *added.stages)
    return Requirement(kind="stages", stages=stages) if stages else Requirement(kind="self")


def _overlay(source: IamSource, targets: tuple[Target, ...]) -> Overlay:
    """What the policy adds to a target, with what the source itself has where it says nothing."""
    usual = source.usual
    first = next((each for each in source.overlays if _fits(each, targets)), usual)
    return Overlay(
        duration=first.duration or usual.duration,
        justification=first.justification or usual.justification,
        channel=first.channel or usual.channel,
        sign=first.sign or usual.sign,
        stages=first.stages or usual.stages,
    )


def _fits(overlay: Overlay, targets: tuple[Target, ...]) -> bool:
    return all(
        isinstance(each, IamRoles)
        and (not overlay.places or matches(overlay.places, each.resource))
        and (not overlay.roles or all(matches(overlay.roles, role) for role in each.roles))
        for each in targets
    )


def _fenced(policy: Policy, asked: DurationRule | None) -> DurationRule:
    """As long as the guardrails over all let it be: what forms say of it is then true."""
    most = policy.guardrails.max_duration
    if asked is None:
        raise ValueError("a source without a duration was read")
    if most is None:
        return asked
    return DurationRule(default=min(asked.default, most), max=min(asked.max, most))


def _selectors(policy: Policy, found: Sequence[str]) -> tuple[str, ...]:
    """People by the one address that they have here, and groups. Who can never sign in counts as nobody."""
    return tuple(dict.fromkeys(who for each in found if (who := _selector(policy, each))))


def _selector(policy: Policy, selector: str) -> str:
    try:
        return canonical(selector, policy.identity)
    except SelectorError:
        return ""


def _title(each: Eligible) -> str:
    known = google_role(each.role)
    role = known.title if known else each.role.rpartition("/")[2]
    more = ", with a condition" if each.condition else ""
    title = f"{role} on {each.project.partition('/')[2]}{more}"
    return title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1] + "…"
