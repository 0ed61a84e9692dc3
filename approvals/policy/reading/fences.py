"""The guardrails over all entitlements: what is never given, to whom, for how long, and where nobody is alone."""

from collections.abc import Collection

import yaml

from approvals.people.principals import IdentityRules
from approvals.policy.fences import Denial, Fences
from approvals.policy.reading.document import Reader
from approvals.policy.reading.keys import DENIAL, FENCES
from approvals.policy.reading.values import duration, each_text, selectors, text

REASON_LENGTH = 200
PLACES = (
    r"(?:projects|folders|organizations|\*)/[a-z0-9*-]{1,40}|entitlements/[a-z0-9*-]{1,75}"
    r"|groups/[a-z0-9._'+*-]{1,64}@[a-z0-9.*-]{1,253}"
)
"""Resources, groups by their addresses, and entitlements by their ids.

`*` stands for any characters of one segment.
"""

ROLES = r"(?:(?:projects|organizations|\*)/[a-z0-9*-]{1,40}/)?roles/[a-zA-Z0-9_.*]{1,80}"
"""Roles, in the same way."""


def fences(reader: Reader, node: yaml.Node, *, identity: IdentityRules, groups: Collection[str]) -> Fences:
    """Read them. Where anything is wrong the policy offers nothing at all."""
    found = reader.mapping(node, "guardrails", FENCES) or {}
    return Fences(
        never_roles=_each(reader, found.get("never_roles"), "guardrails.never_roles", ROLES, "roles/owner"),
        max_duration=(
            duration(reader, found["max_duration"], "guardrails.max_duration") if "max_duration" in found else None
        ),
        no_self=_each(reader, found.get("no_self"), "guardrails.no_self", PLACES, "projects/*-prod"),
        deny=tuple(
            denial
            for item in (reader.items(found["deny"], "guardrails.deny") or () if "deny" in found else ())
            if (denial := _denial(reader, item, identity, groups)) is not None
        ),
    )


def _denial(reader: Reader, node: yaml.Node, identity: IdentityRules, groups: Collection[str]) -> Denial | None:
    found = reader.mapping(node, "a denial", DENIAL)
    if found is None or not reader.required(node, found, "a denial", *DENIAL.required):
        return None
    who = selectors(reader, found["who"], "who", identity=identity, groups=groups)
    if who == ():
        reader.refuse(found["who"], "empty-list", "who is empty, so nobody is denied anything")
    what = _each(reader, found["what"], "what", PLACES, "projects/*-prod")
    why = text(reader, found["reason"], "reason", longest=REASON_LENGTH)
    return Denial(who=who, what=what, reason=why) if who and what and why else None


def _each(reader: Reader, node: yaml.Node | None, what: str, pattern: str, example: str) -> tuple[str, ...]:
    if node is None:
        return ()
    return each_text(reader, node, what, pattern=pattern, code="bad-match", hint=f"for example {example}")
