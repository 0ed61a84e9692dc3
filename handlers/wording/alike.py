"""Words that read like others because their letters are of several alphabets, which nothing escapes."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from handlers.wording.lines import Code, Line, series
from handlers.wording.typed import clip

_ALIKE = frozenset(("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "FULLWIDTH", "MATHEMATICAL"))
"""Alphabets, as Unicode's names of letters begin, with letters that are drawn like those of another of them."""

_WORD = re.compile(r"[^\W\d_]+")
_MOST = 3
_LONGEST = 40


def notes(texts: Iterable[str]) -> tuple[Line, ...]:
    """Say which words mix alphabets, and by which letters: the first few of them."""
    words = (word for text in texts if not text.isascii() for word in _WORD.findall(text))
    mixed = dict.fromkeys(word for word in words if len(_alphabets(word)) > 1)
    return tuple(map(_note, list(mixed)[:_MOST]))


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
