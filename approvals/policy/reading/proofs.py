"""The part of `identity` that says which proofs count: by chat or page, how long, with what, and from whom."""

from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import yaml

from approvals.people.principals import Accept, Externals, Gate
from approvals.policy.reading.document import Reader, shown
from approvals.policy.reading.keys import ACCEPT, GCIP, WEB
from approvals.policy.reading.values import duration, either, shaped, text

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=12)
PROOF_AGE = timedelta(hours=1)
LONGEST_TEXT = 200
LEVEL = r"accessPolicies/[1-9][0-9]{0,19}/accessLevels/[A-Za-z][A-Za-z0-9_]{0,49}"
"""An access level's name (Access Context Manager, `AccessLevel.name`)."""


def accept(reader: Reader, node: yaml.Node | None) -> Accept:
    """Read what counts for asking and for deciding."""
    found = reader.mapping(node, "identity.accept", ACCEPT) if node is not None else None
    found = found or {}
    return Accept(
        request=_way(reader, found.get("request"), "identity.accept.request"),
        decide=_way(reader, found.get("decide"), "identity.accept.decide"),
    )


def _way(reader: Reader, node: yaml.Node | None, what: str) -> Literal["chat", "web"]:
    if isinstance(node, yaml.ScalarNode) and node.value == "linked":
        reader.refuse(node, "not-in-this-version", f"{shown(node.value)} is not in this version")
        return "chat"
    return either(reader, node, what, ("chat", "web"), usual="chat")


def proof_age(reader: Reader, node: yaml.Node | None) -> timedelta:
    """Read how long a vote counts whose account cannot be looked up again."""
    found = duration(reader, node, "identity.proof_age") if node is not None else PROOF_AGE
    if node is not None and found is not None and not SHORTEST <= found <= LONGEST:
        reader.refuse(node, "bad-duration", "identity.proof_age is from 1 minute to 12 hours")
        return PROOF_AGE
    return PROOF_AGE if found is None else found


def gate(reader: Reader, node: yaml.Node | None) -> Gate:
    """Read what must hold on every page."""
    found = reader.mapping(node, "identity.web", WEB) if node is not None else None
    found = found or {}
    levels = _texts(reader, found.get("access_levels"), "identity.web.access_levels", _level)
    asked = found.get("attributes")
    entries = reader.entries(asked, "identity.web.attributes") if asked is not None else None
    attributes = {
        name: _texts(reader, value, f"identity.web.attributes.{name}", _text)
        for name, (_, value) in (entries or {}).items()
    }
    return Gate(access_levels=levels, attributes=attributes)


def _texts(
    reader: Reader, node: yaml.Node | None, what: str, read: Callable[[Reader, yaml.Node], str | None]
) -> tuple[str, ...]:
    """Read a list that is not empty, where it is written at all."""
    if node is None:
        return ()
    nodes = reader.items(node, what)
    if nodes is not None and not nodes:
        reader.refuse(node, "empty-list", f"{what} is empty: leave it out, or name what counts")
    return tuple(value for each in nodes or () if (value := read(reader, each)) is not None)


def _text(reader: Reader, node: yaml.Node) -> str | None:
    return text(reader, node, "this", longest=LONGEST_TEXT)


def _level(reader: Reader, node: yaml.Node) -> str | None:
    hint = "its whole name, such as accessPolicies/123/accessLevels/managed"
    return shaped(reader, node, "access level", pattern=LEVEL, code="bad-level", hint=hint)


def externals(reader: Reader, node: yaml.Node | None) -> Externals:
    """Read which external identities count."""
    found = reader.mapping(node, "identity.gcip", GCIP) if node is not None else None
    if node is None or found is None:
        return Externals()
    reader.required(node, found, "identity.gcip", *GCIP.required)
    return Externals(
        providers=_texts(reader, found.get("providers"), "identity.gcip.providers", _text),
        tenants=_texts(reader, found.get("tenants"), "identity.gcip.tenants", _text),
    )
