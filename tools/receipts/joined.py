"""Receipts of version 7, a membership of a group: some that hold, and some that give something else."""

from collections.abc import Iterator
from typing import Any

from tools.receipts.made import Case, altered, covered, key_set, signed
from tools.receipts.whole import AT_START, BOB, LATER, WINDOW, access, alone, claims, decision, joined, later

GRANT = later()["targets"][0]
GROUP = joined()["targets"][0]


def good() -> Iterator[Case]:
    """Every case that holds."""
    for name, what, found in (
        ("joined", "Version 7: a membership of a group.", claims(joined())),
        (
            "joined-later",
            "The same, from half past nine.",
            claims(joined(start=AT_START["start"]), decision=decision(BOB, window=AT_START)),
        ),
        (
            "joined-continued",
            "An hour more of another membership.",
            claims(joined(start=AT_START["start"], extends="r-9876543210"), decision=decision(BOB, window=LATER)),
        ),
        (
            "joined-by-oneself",
            "Nobody else was asked.",
            claims(joined(requirement=_of("self")), decision=decision(window=WINDOW), reviews=[]),
        ),
        (
            "joined-in-an-emergency",
            "Nobody was asked before it began.",
            claims(joined(requirement=_of("break_glass")), decision=decision(window=WINDOW), reviews=[]),
        ),
    ):
        yield Case(name=name, what=what, receipt=signed(found), shown=[], keys=key_set())


def bad() -> Iterator[Case]:
    """Every case that does not hold."""
    found = claims(joined())
    for name, what, path, value in (
        ("grants", "It is a membership, and yet a role.", "targets", [GRANT]),
        ("and-a-grant", "Beside it there are roles.", "targets", [GROUP, GRANT]),
        ("twice", "There are two of it.", "targets", [GROUP, GROUP]),
        ("of-nothing", "It is of no group.", "targets", []),
        ("without-an-address", "Its group is a name, and no address.", "targets.0.group", "prod-admins"),
        ("in-capitals", "Its group is written as no policy writes it.", "targets.0.group", "Prod@example.com"),
        ("more-lines", "Behind its group there is another line.", "targets.0.group", "prod@example.com\n"),
        ("as-its-owner", "It names another part in the group.", "targets.0.role", "OWNER"),
        ("allow", "It says allow, which is for actions.", "requirement", _of("allow")),
        ("no-time", "It is for no time.", "duration", 0),
    ):
        yield _case(f"terms-joined-{name}", what, covered(found, f"terms.{path}", value))
    other = later(targets=[GROUP], start=None, extends="")
    yield _case("terms-later-of-a-group", "Version 4 is roles, and this is a membership.", claims(other))
    yield _case("terms-alone-of-a-group", "Version 5 gives nothing.", claims(alone(targets=[GROUP])))
    yield _case(
        "digest-joined-of-access",
        "The digest of access stands above a membership.",
        claims(joined(), dig=claims(access())["dig"]),
    )
    yield _case(
        "digest-joined-of-alone",
        "The digest of an approval alone stands above a membership.",
        claims(joined(), dig=claims(alone())["dig"]),
    )
    own = claims(joined(start=AT_START["start"], extends="r-0123456789"), decision=decision(BOB, window=LATER))
    yield _case("request-joined-continued-by-itself", "It continues itself.", own)
    yield _case("window-joined-missing", "It was approved for no known time.", altered(found, "decision.window"))
    longer = altered(found, "decision.window.end", "2026-03-02T10:02:01Z")
    yield _case("window-joined-longer", "It is for longer than was asked.", longer)
    used = {name: value for name, value in claims().items() if name in ("used", "use_by")}
    yield _case("use-joined-used", "It was used as an action is.", claims(joined(), **used))


def _of(kind: str) -> dict[str, Any]:
    return {"kind": kind, "approve_when": "", "stages": []}


def _case(name: str, what: str, found: dict[str, Any]) -> Case:
    return Case(name=name, what=what, receipt=signed(found), code=name.split("-", maxsplit=1)[0], keys=key_set())
