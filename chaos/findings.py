"""What was checked, how often, and what was found wrong."""

from collections import Counter
from collections.abc import Iterable

INVARIANTS = {
    "lost": "no acknowledged decision is lost",
    "grants": "no second grant, nothing put back",
    "access": "no access outside approved windows",
    "bundles": "a bundle stands or falls as a whole",
    "freeze": "nothing decided or widened while frozen",
    "prompt": "access ends within 15 s of its time",
    "alone": "an approval alone: proven, never in IAM",
    "foreign": "no binding of others changed",
    "cards": "every recorded card in its true state",
    "orphans": "no orphan message with a button",
    "offers": "an offer only narrows",
    "glass": "an emergency at a time, reviewed by others",
    "behalf": "nobody stands in for who is not away",
    "leavers": "whoever has left has nothing left",
    "unsent": "no vote that nobody sent, none by a GET",
    "forms": "a page's form votes once at the most",
    "turns": "mail goes to whose turn it is alone",
    "letters": "no letter is lost, nor its outcome",
    "threads": "one id a letter, one thread a reader",
    "told": "page and mail tell the card's state",
    "twice": "no approval of an action used twice",
    "unapproved": "no action used that was not approved",
    "denied": "no call runs that people denied",
    "windows": "no window counts more than its uses",
    "reported": "no run is denied, none is made up",
    "missed": "no application misses a decision",
    "rumours": "no application is told what is not so",
    "exports": "an export tells what was filed",
    "held": "no looser policy in force unaccepted",
    "chains": "every audit chain is whole",
    "settled": "all is done once it could be",
}


class Findings:
    """One line an invariant; the first few violations in words."""

    def __init__(self) -> None:
        self.checks: Counter[str] = Counter()
        self.wrong: dict[str, list[str]] = {name: [] for name in INVARIANTS}

    def check(self, name: str, problems: Iterable[str], *, when: str) -> None:
        """Count one check of an invariant and keep what it found."""
        self.checks[name] += 1
        known = {problem.partition(" [")[0] for problem in self.wrong[name]}
        self.wrong[name] += [f"{problem} [{when}]" for problem in problems if problem not in known]

    def clean(self) -> bool:
        return not any(self.wrong.values())

    def table(self) -> str:
        """What was checked and found, for people."""
        rows = [f"{'invariant':<42}{'checks':>9}{'violations':>12}"]
        for name, words in INVARIANTS.items():
            rows.append(f"{words:<42}{self.checks[name]:>9}{len(self.wrong[name]):>12}")
        for name, problems in self.wrong.items():
            rows += [f"VIOLATION ({INVARIANTS[name]}): {problem}" for problem in problems[:10]]
        return "\n".join(rows)
