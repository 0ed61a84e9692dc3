"""What is claimed of a person, under the policy's names. What is absent is no, and so is what cannot be told."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from approvals.policy.parties import Issuer
from handlers.identity.vendors import Seen, overage

TYPES = ("employee", "contractor", "guest")
"""What a person is, by the claim `type`. A word of somebody else's is none of them, and so unknown."""

MOST = 500
"""Values of a claim. Entra has 200 groups in a token at most."""

_LONGEST = 256
_ABSENT = object()


class Told(NamedTuple):
    """Claims with their values, and the names of those that could not be told."""

    claims: dict[str, tuple[str, ...]]
    unknown: tuple[str, ...]


def of_token(issuer: Issuer, claims: Mapping[str, Any], who: Seen) -> Told:
    """What a token claims, by the names that the policy gives it."""
    gone = overage(claims)
    given = {name: _at(claims, source, gone) for name, source in issuer.claims.items()}
    if who.guest:
        given["type"] = "guest"
    elif who.guest is None and issuer.kind == "entra" and given.get("type", _ABSENT) is _ABSENT:
        # Without `acct` Entra says nothing of who is a guest.
        given["type"] = None
    return told(given)


def told(given: Mapping[str, Any]) -> Told:
    """Read values as JSON has them; None stands for one that could not be told."""
    read = {name: _texts(value) for name, value in given.items() if value is not _ABSENT}
    if (kind := read.get("type")) is not None:
        lowered = tuple(each.lower() for each in kind)
        read["type"] = lowered if len(lowered) == 1 and lowered[0] in TYPES else None
    known = {name: values for name, values in read.items() if values is not None}
    return Told(known, tuple(sorted(set(read) - set(known))))


def _at(claims: Mapping[str, Any], source: str, gone: frozenset[str]) -> Any:
    """A claim by its name, dots and all (Auth0's own), or by names on the way to it (`realm_access.roles`)."""
    if source in claims:
        return None if source in gone else claims[source]
    first, *path = source.split(".")
    if source in gone or first in gone:
        return None
    found: Any = claims.get(first, _ABSENT)
    for name in path:
        found = found.get(name, _ABSENT) if isinstance(found, dict) else _ABSENT
    return found


def _texts(value: Any) -> tuple[str, ...] | None:
    """The values of a claim as texts; None where they are too many, or of a kind that nothing is compared with."""
    values = value if isinstance(value, list | tuple) else [value]
    texts = [_text(each) for each in values]
    if len(texts) > MOST or None in texts:
        return None
    return tuple(each for each in texts if each)


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 1 << 53 else None
    if isinstance(value, str) and len(value) <= _LONGEST and (value.isprintable() or not value):
        return value
    return None
