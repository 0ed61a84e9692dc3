"""Words that read like others because their letters are of several alphabets, which nothing escapes."""

import unicodedata
from collections.abc import Iterable, Sequence

from countersign_client.patterns import Pattern
from handlers.wording.text.lines import Code, Line, series
from handlers.wording.text.typed import clip, visible

_ALIKE = frozenset(("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "FULLWIDTH", "MATHEMATICAL"))
"""Alphabets, as Unicode's names of letters begin, with letters that are drawn like those of another of them."""

_WORD = Pattern(r"[^\W\d_]+")
_UNSEEN = frozenset({"Mn", "Me", "Cf"})
_MOST = 3
_LONGEST = 40


def notes(texts: Iterable[str]) -> tuple[Line, ...]:
    """Say which words mix alphabets, and by which letters: the first few of them, and how many more there are."""
    words = (word for text in texts if not text.isascii() for word in _WORD.findall(_letters(text)))
    mixed = list(dict.fromkeys(word for word in words if len(_alphabets(word)) > 1))
    return (*map(_note, mixed[:_MOST]), *_more(len(mixed) - _MOST))


def _more(count: int) -> tuple[Line, ...]:
    """None hides behind the first ones."""
    if count <= 0:
        return ()
    have = "word here has" if count == 1 else "words here have"
    return ((f"{count} more {have} letters of several alphabets.",),)


def _letters(text: str) -> str:
    """A text as it is drawn, without what stands on letters or between them and is not seen: it parts no word."""
    return "".join(sign for sign in visible(text) if unicodedata.category(sign) not in _UNSEEN)


def _note(word: str) -> Line:
    alphabets = series([each.title() for each in _alphabets(word)])
    others = list(dict.fromkeys(f"U+{ord(letter):04X}" for letter in word if _alphabet(letter) != "LATIN"))
    rest = " and more" if len(others) > _MOST else ""
    return (
        Code(clip(word, _LONGEST)),
        f" has {alphabets} letters, which may look alike: {', '.join(others[:_MOST])}{rest}.",
    )


def _alphabets(word: str) -> Sequence[str]:
    return () if word.isascii() else sorted({_alphabet(letter) for letter in word} & _ALIKE)


def _alphabet(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
