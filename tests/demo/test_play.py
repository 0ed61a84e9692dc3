"""`countersign demo --play`, as the README shows it: the whole story by real clicks on a real clock."""

import re

import pytest

from tests.bot.commands import ROOT, ended

# What differs from play to play.
VARIES = {
    "ID": re.compile(r"\br-[0-9a-z]{10}\b"),
    "INSTALLATION": re.compile(r"(?<=countersign:)[0-9a-f]{10}\b"),
    "MOMENT": re.compile(r"\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ| \d\d:\d\d UTC)"),
    "POLICY": re.compile(r"(?<=under policy )[0-9a-f]{8}\b"),
    "N entries": re.compile(r"\b\d+ entries\b"),
    "N not anchored": re.compile(r"\b\d+ not anchored\b"),
}


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_story_goes_well_from_the_first_question_to_the_last_audit_chain_and_the_readme_shows_it() -> None:
    code, out, err = ended("demo", "--play", env={}, within=800)

    # A busy machine keeps what is outside from answering in time; the service says so, and asks again.
    assert (code, [line for line in err.splitlines() if " WARNING " not in line]) == (0, [])
    assert out.rstrip().endswith("Every step went well.")
    for seen in (
        '"description": "Approved by bob@example.com; countersign:',
        "You cannot decide on your own request. Somebody else must; you can withdraw it.",
        "as “Carol Chen”",
        "Please use Read production logs for that.",
        "Withdrawn",
        "thirty seconds later it is gone",
        "Signed in as bob@example.com",
        "the same thread tells how it ended",
        "4711 is deleted, its invoices are kept",
        "Nothing has run. The request was withdrawn",
        "bob looks after 4714 now",
        "In the CRM Bob looks after 4712, 4713, 4714, and not after 4715.",
        "nothing is left of her access",
        "countersign receipt verify -",
        ", 0 broken",
    ):
        assert seen in out
    assert not_printed(excerpt(), out) == []


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        ("one\ntwo\n  […]\nfour", []),
        ("one\n[…]\nthree\nfour", []),
        ("one\n[…]\n[…]\nfour", []),
        ("two\n[…]\nfour", ["two"]),
        ("one\n[…]\nthree", ["three"]),
        ("one\nthree\n[…]\nfour", ["one\nthree"]),
        ("one\n[…]\nthree\n[…]\ntwo\n[…]\nfour", ["two"]),
    ],
)
def test_an_excerpt_shows_what_was_printed_in_its_order(shown: str, missing: list[str]) -> None:
    assert not_printed(shown, "\none\ntwo\nthree\nfour\n") == missing


def excerpt() -> str:
    """What the README shows of the play."""
    readme = (ROOT / "README.md").read_text()
    found = re.search(r"<!-- play: .*? -->\n```text\n(.*?)\n```\n<!-- end of play -->", readme, re.DOTALL)
    assert found
    return found[1]


def not_printed(shown: str, printed: str) -> list[str]:
    """The parts of an excerpt that were not printed one after the other; `[…]` stands for lines left out.

    The first part must be the beginning of what was printed, and the last its end.
    """
    parts = [part.strip("\n") for part in re.split(r"^ *\[…\]$", alike(shown), flags=re.MULTILINE)]
    rest = alike(printed).strip("\n")
    missing = [] if rest.startswith(f"{parts[0]}\n") else parts[:1]
    missing += [] if rest.endswith(f"\n{parts[-1]}") else parts[-1:]
    for part in filter(None, parts):
        _, found, after = f"\n{rest}\n".partition(f"\n{part}\n")
        if found:
            rest = after
        elif part not in missing:
            missing.append(part)
    return missing


def alike(text: str) -> str:
    """The text without what differs from play to play."""
    for name, pattern in VARIES.items():
        text = pattern.sub(name, text)
    return text
