"""Receipts of version 5, an approval alone: some that hold, and some that give something after all."""

from collections.abc import Iterator
from typing import Any

from tools.receipts.made import Case, altered, covered, key_set, signed
from tools.receipts.whole import AT_START, BOB, LATER, WINDOW, access, alone, claims, decision, later

GRANT = later()["targets"][0]
STAGE = alone()["requirement"]["stages"][0]


def good() -> Iterator[Case]:
    """Every case that holds."""
    for name, what, found in (
        ("alone", "Version 5: an approval alone, which grants nothing.", claims(alone())),
        (
            "alone-later",
            "The same, from half past nine.",
            claims(alone(start=AT_START["start"]), decision=decision(BOB, window=AT_START)),
        ),
        (
            "alone-continued",
            "An hour more of another approval.",
            claims(alone(start=AT_START["start"], extends="r-9876543210"), decision=decision(BOB, window=LATER)),
        ),
        (
            "alone-by-oneself",
            "Nobody else was asked.",
            claims(alone(requirement=_of("self")), decision=decision(window=WINDOW), reviews=[]),
        ),
        (
            "alone-denied",
            "An approval alone that was denied.",
            claims(
                alone(),
                decision=decision(BOB, outcome="denied"),
                reviews=[claims()["reviews"][0] | {"verdict": "deny"}],
            ),
        ),
    ):
        yield Case(name=name, what=what, receipt=signed(found), shown=[], keys=key_set())


def bad() -> Iterator[Case]:
    """Every case that does not hold."""
    found = claims(alone())
    for name, what, path, value in (
        ("grants", "It grants nothing, and yet a role.", "targets", [GRANT]),
        ("and-a-grant", "Beside it there is access.", "targets", [{"kind": "none"}, GRANT]),
        ("twice", "There are two of it.", "targets", [{"kind": "none"}, {"kind": "none"}]),
        ("of-nothing", "Not even the approval is asked for.", "targets", []),
        ("with-a-resource", "It names where it gives nothing.", "targets.0.resource", "projects/p"),
        ("with-roles", "It names a role beside it.", "roles", ["roles/owner"]),
        ("of-an-emergency", "An emergency that gives nothing.", "requirement", _of("break_glass")),
        ("allow", "It says allow, which is for actions.", "requirement", _of("allow")),
        ("no-time", "It stands for no time.", "duration", 0),
    ):
        yield _case(f"terms-alone-{name}", what, covered(found, f"terms.{path}", value))
    other = later(targets=[{"kind": "none"}], start=None, extends="")
    yield _case("terms-later-of-nothing", "Version 4 is access, and this gives none.", claims(other))
    yield _case(
        "digest-alone-of-access",
        "The digest of access stands above an approval alone.",
        claims(alone(), dig=claims(access())["dig"]),
    )
    yield _case(
        "digest-access-of-alone",
        "The digest of an approval alone stands above access.",
        claims(access(), dig=found["dig"]),
    )
    crowded = alone(requirement=_of("self") | {"stages": [STAGE]})
    yield _case("requirement-alone-and-stages", "Nobody is asked, and somebody is.", claims(crowded))
    own = claims(alone(start=AT_START["start"], extends="r-0123456789"), decision=decision(BOB, window=LATER))
    yield _case("request-alone-continued-by-itself", "It continues itself.", own)
    yield _case("window-alone-missing", "It was approved for no known time.", altered(found, "decision.window"))
    longer = altered(found, "decision.window.end", "2026-03-02T10:02:01Z")
    yield _case("window-alone-longer", "It stands for longer than was asked.", longer)
    yield _case("use-alone-used", "It was used as an action is.", claims(alone(), **_used()))


def _of(kind: str) -> dict[str, Any]:
    return {"kind": kind, "approve_when": "", "stages": []}


def _used() -> dict[str, Any]:
    return {name: value for name, value in claims().items() if name in ("used", "use_by")}


def _case(name: str, what: str, found: dict[str, Any]) -> Case:
    return Case(name=name, what=what, receipt=signed(found), code=name.split("-", maxsplit=1)[0], keys=key_set())
