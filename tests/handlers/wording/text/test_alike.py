"""Words of several alphabets are named, by the letters that make them so; words of one are not."""

import pytest

from handlers.wording.text import alike
from handlers.wording.text.lines import plain


def said(*texts: str) -> list[str]:
    return [plain(line) for line in alike.notes(texts)]


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("p\u0430ypal", "has Cyrillic and Latin letters, which may look alike: U+0430."),
        ("\u0391lice", "has Greek and Latin letters, which may look alike: U+0391."),
        ("\uff41lice", "has Fullwidth and Latin letters, which may look alike: U+FF41."),
        (
            "\u0441\u043e\u0440\u0435s",
            "has Cyrillic and Latin letters, which may look alike: U+0441, U+043E, U+0440 and more.",
        ),
    ],
)
def test_a_word_of_several_alphabets_is_named_with_the_letters_that_may_deceive(word: str, why: str) -> None:
    assert said(f"to {word}: now") == [f"{word} {why}"]


@pytest.mark.parametrize(
    "text",
    [
        "paypal",
        "Größe naïve",
        "\u043f\u0440\u0438\u0432\u0435\u0442 world",
        "T\u30b7\u30e3\u30c4",
        "\u03b1-beta",
        "a⟨U+0430⟩b",
        "",
        "\ud83d",
    ],
)
def test_words_of_one_alphabet_are_not(text: str) -> None:
    assert said(text) == []


def test_few_words_are_named_each_once_and_short() -> None:
    long = "\u0430b" * 5_000
    found = said(long, long, *(f"x{letter}" for letter in "\u0430\u0435\u043e\u0440"))

    assert len(found) == 4
    assert all(len(each) < 200 for each in found)


def test_how_many_words_more_there_are_is_said_so_that_none_hides_behind_the_first_ones() -> None:
    words = [f"x{letter}" for letter in "\u0430\u0435\u043e\u0440"]

    assert len(said(*words[:3])) == 3
    assert said(*words)[3:] == ["1 more word here has letters of several alphabets."]
    assert said(*words, "x\u0441")[3:] == ["2 more words here have letters of several alphabets."]


@pytest.mark.parametrize("unseen", ["\u034f", "\u200d", "\ufe0f", "\u0301", "\u00ad", "\U000e0100", "\u2060"])
def test_what_is_not_seen_between_letters_parts_no_word(unseen: str) -> None:
    """Channels draw most of it as nothing: the word reads as if it was not there."""
    hidden = unseen.join("p\u0430ypal")

    assert said(hidden) == ["p\u0430ypal has Cyrillic and Latin letters, which may look alike: U+0430."]
