"""Receipts of version 9: calls that were approved together with others, or taken from such an approval."""

from collections.abc import Iterator
from typing import Any

from tools.receipts.made import Case, covered, key_set, signed
from tools.receipts.whole import ALICE, BOB, CAROL, ONE, SHOWN, claims, decision, fixed, review, salted

OFFERED = {"for": 1800, "uses": 20}
OPENED = {"until": "2026-03-02T09:32:00Z", "uses": 20}
CONFIRMED = {"at": "2026-03-02T09:00:30Z", "channel": "web", "window": True}
WITHIN = {"request": "r-9876543210", "digest": fixed("6"), "number": 3}
OWN: dict[str, Any] = {"kind": "self", "stages": []}
TAKEN: dict[str, Any] = {"kind": "window", "stages": []}
CALLS = "20 calls of this tool with any arguments, this one among them, within 30 minutes of the decision"
MAY = [*SHOWN, ["Can be approved for", CALLS]]
FROM = [*SHOWN, ["Taken from", "the window of r-9876543210, as its call 3"]]


def opener(**changes: Any) -> dict[str, Any]:
    """What a receipt says of a call that Bob has approved with nineteen others."""
    terms = salted(v=9, requirement=ONE, window=OFFERED, within=None, shown=MAY)
    found = claims(terms, decision=decision(BOB), reviews=[review(window=True)])
    return found | {"window": OPENED} | changes


def taken(**changes: Any) -> dict[str, Any]:
    """The same of the third of them."""
    terms = salted(v=9, requirement=TAKEN, window=None, within=WITHIN, shown=FROM)
    return claims(terms, decision=decision(), reviews=[]) | changes


def good() -> Iterator[Case]:
    """Every case that holds."""
    yield _holds(
        "counted-opened", "Version 9: Bob approved twenty calls, of which this is the first.", opener(), MAY
    )
    one = opener(reviews=[review()])
    del one["window"]
    yield _holds("counted-once", "Twenty calls were offered, and Bob approved this one.", one, MAY)
    narrow = opener(window={"until": "2026-03-02T09:12:00Z", "uses": 5})
    yield _holds("counted-narrower", "The policy offered fewer calls by then, and for less long.", narrow, MAY)
    yield _holds(
        "counted-taken", "Version 9: the third of several calls that were approved before.", taken(), FROM
    )
    alone = salted(v=9, requirement=OWN, window=OFFERED, within=None, shown=MAY)
    own = claims(alone, decision=decision(), reviews=[]) | {"confirmed": CONFIRMED, "window": OPENED}
    yield _holds("counted-own", "Whoever it is for approved twenty calls themselves.", own, MAY)


def bad() -> Iterator[Case]:
    """Every case whose signature holds and which is refused all the same."""
    whole, third = opener(), taken()
    yield _fails("terms-counted-salt", "Version 9 without its salt.", covered(whole, "terms.salt"))
    allow = covered(whole, "terms.requirement", {"kind": "allow", "stages": []})
    yield _fails("terms-counted-allow", "Version 9 is let through by no guardrail.", allow)
    wide = covered(whole, "terms.window.uses", 21)
    yield _fails("shown-counted", "People were shown twenty calls, and its terms say 21.", wide)
    once = opener(reviews=[review()])
    yield _fails("counted-not-chosen", "Bob approved the one call.", once)
    two = opener(decision=decision(BOB, CAROL), reviews=[review(window=True), review(CAROL)])
    yield _fails("counted-not-by-all", "Carol, who counts as well, approved the one call.", two)
    later = opener(window=OPENED | {"until": "2026-03-02T09:32:01Z"})
    yield _fails("counted-longer", "It lasts a second longer than was offered.", later)
    yield _fails("counted-more", "One call more than was offered.", opener(window=OPENED | {"uses": 21}))
    over = opener(window=OPENED | {"until": "2026-03-02T09:02:00Z"})
    yield _fails("counted-over", "It is over when it begins.", over)
    six = claims(salted(), reviews=[review(window=True)])
    yield _fails("counted-not-offered", "Version 6 offers one call.", six)
    yield _fails("counted-opened-by-a-taken-one", "What was taken opens nothing.", taken(window=OPENED))
    asked = taken(decision=decision(BOB), reviews=[review()])
    yield _fails("counted-taken-and-asked", "Somebody was asked about a call that was taken.", asked)
    itself = WITHIN | {"request": third["sub"]}
    lines = [*SHOWN, ["Taken from", f"the window of {third['sub']}, as its call 3"]]
    found = covered(covered(third, "terms.within", itself), "terms.shown", lines)
    yield _fails("counted-of-itself", "It was taken from itself.", found)
    first = [*SHOWN, ["Taken from", "the window of r-9876543210, as its call 1"]]
    found = covered(covered(third, "terms.within.number", 1), "terms.shown", first)
    yield _fails("counted-first", "The first call is the one that was approved.", found)
    staged = covered(third, "terms.requirement", ONE) | {"decision": decision(BOB), "reviews": [review()]}
    yield _fails("counted-staged", "What was taken was asked of people.", staged)
    confirmed = taken(confirmed=CONFIRMED)
    yield _fails("person-counted-confirmed", f"{ALICE} confirmed what was confirmed with its window.", confirmed)


def _holds(name: str, what: str, found: dict[str, Any], shown: list[list[str]]) -> Case:
    return Case(name=name, what=what, receipt=signed(found), shown=shown, keys=key_set())


def _fails(name: str, what: str, found: dict[str, Any]) -> Case:
    return Case(name=name, what=what, receipt=signed(found), code=name.split("-", maxsplit=1)[0], keys=key_set())
