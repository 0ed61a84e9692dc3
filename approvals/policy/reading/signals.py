"""The transmitters of a policy: whose events end what somebody has, by which keys, and for which audience."""

from collections.abc import Mapping

import yaml

from approvals.policy.parties import Transmitter
from approvals.policy.reading.addresses import address
from approvals.policy.reading.applications import PARTY
from approvals.policy.reading.document import Reader, shown
from approvals.policy.reading.keys import TRANSMITTER
from approvals.policy.reading.stages import named, note_twice
from approvals.policy.reading.values import shaped


def signals(reader: Reader, node: yaml.Node) -> tuple[Transmitter, ...]:
    """Read all transmitters. One with anything wrong in it ends nothing."""
    found: list[Transmitter] = []
    lines: dict[str, int] = {}
    issuers: dict[str, str] = {}
    for item in reader.items(node, "signals") or ():
        fields = reader.mapping(item, "a transmitter", TRANSMITTER)
        if fields is None:
            continue
        noted = len(reader.problems)
        transmitter = _transmitter(reader, item, fields)
        note_twice(reader, fields, lines)
        other = issuers.setdefault(transmitter.issuer, transmitter.id) if transmitter is not None else None
        if transmitter is not None and other != transmitter.id:
            reader.refuse(fields["issuer"], "issuer-twice", f"{shown(other or '')} is this issuer already")
        if transmitter is not None and len(reader.problems) == noted:
            found.append(transmitter)
    return tuple(found)


def _transmitter(reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node]) -> Transmitter | None:
    reader.required(node, fields, "a transmitter", *TRANSMITTER.required)
    name = named(reader, fields)
    issuer = address(reader, fields["issuer"], "issuer", port=True) if "issuer" in fields else None
    published = address(reader, fields["jwks_uri"], "jwks_uri", query=True) if "jwks_uri" in fields else None
    audience = _audience(reader, fields["audience"]) if "audience" in fields else None
    if name is None or issuer is None or published is None or audience is None:
        return None
    return Transmitter(id=name, issuer=issuer, jwks_uri=published, audience=audience)


def _audience(reader: Reader, node: yaml.Node) -> str | None:
    hint = "what the events say under aud, without blanks"
    return shaped(reader, node, "audience", pattern=PARTY, code="bad-audience", hint=hint)
