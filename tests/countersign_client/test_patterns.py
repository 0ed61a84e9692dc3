"""A pattern waits for its first use, and is then what `re` makes of it."""

import re

import pytest

from countersign_client.patterns import Pattern


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
