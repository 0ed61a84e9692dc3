"""Typed text made fit to be shown."""

import unicodedata

from countersign_client.patterns import Pattern

# Control and format characters, fillers and blank signs that look like nothing, unpaired surrogates (Unicode
# TR36, TR39).
_UNSEEN = Pattern(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\U00013441\U00013442\U0001d159"
    "\U000e0000-\U000e0fff]"
)
# What Unicode calls quotation marks, and what looks like one: primes, accents, modifier letters, ornaments.
_QUOTES = Pattern(
    "[\"'`«»\u00b4\u02b9-\u02bd\u02ca\u02cb\u02dd\u02ee\u02f4-\u02f6\u05f3\u05f4\u07f4\u07f5\u1fbd\u1fbf\u1fef\u1ffd"
    "\u1ffe\u2018-\u201f\u2032-\u2037\u2039\u203a\u2057\u275b-\u2760\u276e\u276f\u2e42\u3003\u300a-\u300f"
    "\u301d-\u301f\ufe41-\ufe44\uff02\uff07\uff40\uff62\uff63\U0001f676-\U0001f678]+"
)
# More marks than that on one letter pile up over other lines (Unicode TR39, section 5.4).
_MARKS = 4
_BREAKS = Pattern("\r\n?|\u2028|\u2029|\x0b|\x0c|\x85")
_GAPS = Pattern(r"\n[ \t]*(?:\n[ \t]*){2,}")
_BLANKS = Pattern(r"\s+")


def clean(text: str) -> str:
    """Return a typed text without invisible and direction-changing characters, at most one blank line in a row."""
    return _GAPS.sub("\n\n", _seen(text)).strip()


def visible(text: str) -> str:
    """Return a text on one line without invisible characters; blanks at its ends are kept."""
    return _BLANKS.sub(" ", _seen(text))


def one_line(text: str) -> str:
    """Return a typed text cleaned and on one line."""
    return " ".join(clean(text).split())


def quotable(text: str) -> str:
    """Return a typed text on one line that cannot end the quotation it stands in: apostrophes for its quotes."""
    return _QUOTES.sub("'", one_line(text))


def clip(text: str, most: int) -> str:
    """Cut a text to `most` characters; a cut shows as an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _seen(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return _few_marks(_UNSEEN.sub("", _BREAKS.sub("\n", text)))


def _few_marks(text: str) -> str:
    if text.isascii():
        return text
    kept, run = [], 0
    for sign in text:
        run = run + 1 if unicodedata.category(sign) in {"Mn", "Me"} else 0
        if run <= _MARKS:
            kept.append(sign)
    return "".join(kept)
