"""Receipts of version 4 that their issuer signed, and that contradict themselves or are not in its form."""

from collections.abc import Iterator
from typing import Any

from tools.receipts.made import Case, altered, covered, key_set, signed
from tools.receipts.whole import AT_START, BOB, LATER, claims, decision, later

Found = dict[str, Any]
STAGE = {"approvers": ["group:finance"], "needed": 1, "sign": "", "order": "", "not_same": ""}


def cases() -> Iterator[Case]:
    """Every case of version 4 whose signature holds and which is refused all the same."""
    good = claims(later(), decision=decision(BOB, window=LATER))
    for name, what, path, value in (
        ("another-member", "Version 4 says nothing more than the format has.", "note", "harmless"),
        ("without-start", "Version 4 says null where it starts at once.", "start", None),
        ("start-in-words", "It starts at no time.", "start", "tomorrow"),
        ("extends-a-number", "It continues a number.", "extends", 7),
        ("without-order", "A stage does not say in which order.", "requirement.stages.0.order", None),
        ("another-order", "An order that nobody knows.", "requirement.stages.0.order", "last"),
        ("allow", "Access says allow, which is for actions.", "requirement.kind", "allow"),
        ("no-grant", "It grants nothing.", "targets", []),
        ("no-time", "It lasts for no time.", "duration", 0),
    ):
        yield _case(f"terms-later-{name}", what, covered(good, f"terms.{path}", value))
    for kind in ("auto", "break_glass"):
        crowded = later(requirement={"kind": kind, "approve_when": "", "stages": [STAGE]})
        name = f"requirement-{kind.replace('_', '-')}-and-stages"
        yield _case(name, "Nobody is asked, and somebody is.", claims(crowded))
    own = claims(later(extends="r-0123456789"), decision=decision(BOB, window=LATER))
    yield _case("request-continued-by-itself", "It continues itself.", own)
    alone = claims(later(extends=""), decision=decision(BOB, window=AT_START))
    for name, what, window in (
        (
            "before-its-start",
            "Access before it was to start.",
            {"start": "2026-03-02T09:29:59Z", "end": "2026-03-02T10:29:59Z"},
        ),
        ("later-and-longer", "Later access that lasts longer.", AT_START | {"end": "2026-03-02T11:00:00Z"}),
        ("later-missing", "Later access without its time.", None),
    ):
        yield _case(f"window-{name}", what, altered(alone, "decision.window", window))
    for name, what, window in (
        ("continued-later", "It begins when the other has ended already.", AT_START),
        ("continued-longer", "It lasts for longer than was asked.", LATER | {"end": "2026-03-02T10:30:01Z"}),
        ("continued-before", "It begins before the decision.", LATER | {"start": "2026-03-02T09:01:59Z"}),
    ):
        yield _case(f"window-{name}", what, altered(good, "decision.window", window))
    without = claims(later(start=None), decision=decision(BOB, window=LATER))
    yield _case("window-continued-from-no-time", "It continues another from no known time.", without)
    ancient = claims(later(start="0001-01-01T00:00:00+14:00", extends=""))
    yield _case("time-of-start-in-no-calendar", "It starts before the first year.", ancient)


def _case(name: str, what: str, found: Found) -> Case:
    return Case(name=name, what=what, receipt=signed(found), code=name.split("-", maxsplit=1)[0], keys=key_set())
