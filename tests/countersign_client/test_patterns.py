"""A pattern waits for its first use, and is then what `re` makes of it."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from countersign_client.patterns import Pattern

ROOT = Path(__file__).parents[2]
USERS = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("approvals", "bot", "countersign_client", "handlers")
    for path in sorted((ROOT / package).rglob("*.py"))
    if "patterns import Pattern" in path.read_text()
]
"""Every module that has patterns which wait."""


def test_a_pattern_that_is_none_is_refused_by_its_first_use_and_no_earlier() -> None:
    broken = Pattern("(")

    with pytest.raises(re.error):
        broken.search("text")


def test_what_it_finds_is_what_re_finds() -> None:
    word, text = Pattern(r"[a-z]+", re.IGNORECASE), "One two"

    assert word.fullmatch(text) is None
    assert (word.match(text) or pytest.fail("nothing")).group() == "One"
    assert (word.search("1 Two") or pytest.fail("nothing")).group() == "Two"
    assert [found.group() for found in word.finditer(text)] == ["One", "two"]
    assert word.findall(text) == ["One", "two"]
    assert Pattern(r"\s+").split("one two three", maxsplit=1) == ["one", "two three"]
    assert word.sub("x", text) == "x x"
    assert word.sub(lambda found: found.group().upper(), text, count=1) == "ONE two"


def test_it_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    compiling = re.compile

    def counted(text: str, flags: re.RegexFlag) -> re.Pattern[str]:
        made.append(text)
        return compiling(text, flags)

    monkeypatch.setattr(re, "compile", counted)
    word = Pattern("[a-z]+")

    assert made == []
    assert word.match("one") is not None
    assert word.match("1") is None
    assert made == ["[a-z]+"]


@pytest.mark.parametrize("module", USERS)
def test_whatever_waits_for_its_first_use_is_a_pattern(module: str) -> None:
    """One that is none would show to whoever needs it first, and no more when the program starts."""
    for each in vars(import_module(module)).values():
        if isinstance(each, Pattern):
            each.search("")
