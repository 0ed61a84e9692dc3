"""Receipts of version 6, an action with a salt: some that hold, and some whose salt is none or another one."""

from collections.abc import Iterator
from typing import Any

from tools.receipts.made import Case, altered, covered, key_set, signed
from tools.receipts.whole import SALT, SHOWN, access, action, claims, decision, later, salted

OTHER = "AAECAwQFBgcICQoLDA0ODw"


def good() -> Iterator[Case]:
    """Every case that holds."""
    longer = SALT + "0123456789abcdef"
    for name, what, found in (
        ("salted", "Version 6: an action whose digest nobody can try parameters against.", claims(salted())),
        ("salted-longer", "A salt of more than 128 bits.", claims(salted(salt=longer))),
        (
            "salted-denied",
            "An action with a salt that was denied.",
            claims(
                salted(),
                decision=decision("bob@example.com", outcome="denied"),
                reviews=[claims()["reviews"][0] | {"verdict": "deny"}],
                use_by=None,
                used=None,
            ),
        ),
    ):
        yield Case(name=f"action-{name}", what=what, receipt=signed(found), shown=SHOWN, keys=key_set())


def bad() -> Iterator[Case]:
    """Every case whose signature holds and which is refused all the same."""
    whole = claims(salted())
    for name, what, salt in (
        ("missing", "Version 6 without its salt.", None),
        ("empty", "Its salt is empty.", ""),
        ("short", "Its salt is of less than 128 bits.", SALT[:-1]),
        ("padded", "Its salt is padded.", SALT + "=="),
        ("no-base64url", "A letter of its salt that base64url has not.", "+" + SALT[1:]),
        ("and-a-line", "A line ends behind its salt.", SALT + "\n"),
        ("a-number", "Its salt is a number.", 12345678901234),
        ("a-list", "Its salt is a list.", [SALT]),
    ):
        yield _fails(f"terms-salt-{name}", what, covered(whole, "terms.salt", salt))
    for name, what, terms in (
        ("in-version-3", "Version 3 has no salt.", action(salt=SALT)),
        ("in-version-4", "Access has no salt.", later(salt=SALT)),
        ("and-more", "Version 6 says nothing more than the format has.", salted(note="harmless")),
        ("of-access", "Version 6 is an action.", access(v=6, salt=SALT)),
    ):
        yield _fails(f"terms-salt-{name}", what, claims(terms))
    for name, what, salt in (
        ("another", "The salt of another action.", OTHER),
        ("taken-out", "The salt was taken out.", None),
    ):
        yield _fails(f"digest-salt-{name}", what, altered(whole, "terms.salt", salt))
    amount = "terms.targets.0.parameters.0.value"
    yield _fails(
        "digest-salted-amount", "Another amount, with the salt as it was.", altered(whole, amount, "1 EUR")
    )
    yield _fails("shown-salted", "People were shown another amount.", covered(whole, amount, "1.00 EUR"))
    shown = salted(shown=[*SHOWN[:-1], ["Salt", SALT], SHOWN[-1]])
    yield _fails("shown-salt", "The salt is shown, which nobody is.", claims(shown))
    late = altered(whole, "used.at", "2026-03-02T09:12:00Z")
    yield _fails("use-salted-late", "It was used when its time was over.", late)


def _fails(name: str, what: str, found: dict[str, Any]) -> Case:
    return Case(name=name, what=what, receipt=signed(found), code=name.split("-", maxsplit=1)[0], keys=key_set())
