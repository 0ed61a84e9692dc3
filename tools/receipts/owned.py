"""Receipts of version 8, an action that nobody but whoever it is for approves: good ones and bad ones."""

from collections.abc import Iterator
from typing import Any

from tools.receipts.made import Case, altered, covered, key_set, signed
from tools.receipts.whole import ONE, SHOWN, claims, decision, salted

CONFIRMED = {"at": "2026-03-02T09:02:00Z", "channel": "web"}
OWN: dict[str, Any] = {"kind": "self", "stages": []}


def owned(**changes: Any) -> dict[str, Any]:
    """What a receipt says of an action that Alice has approved herself."""
    found = claims(salted(v=8, requirement=OWN), decision=decision(), reviews=[])
    return found | {"confirmed": CONFIRMED} | changes


def good() -> Iterator[Case]:
    """Every case that holds."""
    what = "Version 8: whoever it is for has approved it, and nobody else was asked."
    yield Case(name="action-of-oneself", what=what, receipt=signed(owned()), shown=SHOWN, keys=key_set())


def bad() -> Iterator[Case]:
    """Every case whose signature holds and which is refused all the same."""
    whole = owned()
    for name, what, path, value in (
        ("by-stages", "Version 8 is approved by nobody else.", "requirement", ONE),
        ("by-a-guardrail", "Version 8 is let through by no guardrail.", "requirement.kind", "allow"),
        ("unsalted", "Version 8 without its salt.", "salt", None),
        ("erased", "The salt of version 8 was erased.", "salt", ""),
    ):
        yield _fails(f"terms-own-{name}", what, covered(whole, f"terms.{path}", value))
    yield _fails("terms-own-of-version-6", "Version 6 is approved by others.", claims(salted(requirement=OWN)))
    person = "Nobody has said so: a token is no approval."
    yield _fails("person-own-unconfirmed", person, altered(whole, "confirmed", None))
    late = altered(whole, "confirmed.at", "2026-03-02T09:02:01Z")
    yield _fails("person-own-late", "They said so after it was approved.", late)
    stages = [{"approvers": ["group:finance"], "needed": 1, "sign": ""}]
    both = covered(whole, "terms.requirement.stages", stages)
    yield _fails("requirement-own-and-others", "Nobody else is asked, and somebody is.", both)


def _fails(name: str, what: str, found: dict[str, Any]) -> Case:
    return Case(name=name, what=what, receipt=signed(found), code=name.split("-", maxsplit=1)[0], keys=key_set())
