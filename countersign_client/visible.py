"""Text made visible: what a reader could not see, or would take for something else, shows as its number.

`⟨U+202E⟩` stands for one character. The first bracket of it is always written so itself, so that no text reads
like another one. Written out are control characters, everything of no width, every space but the single one
between two words, marks that join the letter before them, what moves the order of reading, and characters that are
another's twin (U+212B is the letter U+00C5). Letters written from right to left show as they are where a text has
nothing but those and single spaces. Not told apart are letters of different scripts that look alike.

The ranges stand here, and are not asked of the runtime, so that every verifier has the same of every version of
Unicode.
"""

import re
from functools import cache

_RANGES = (
    "\u0000-\u001f\u007f-\u00a0\u00ad\u0300-\u036f\u0374\u037e\u0387\u0483-\u0489\u0590-\u08ff"
    "\u0958-\u095f\u09dc-\u09df\u0a33-\u0a36\u0a59-\u0a5e\u0b5c-\u0b5d\u0f43-\u0f69\u0f71-\u0fb9"
    "\u1100-\u11ff\u1680\u17b4-\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u1f70-\u200f\u2028-\u202f"
    "\u205f-\u206f\u20d0-\u20ff\u2126-\u212b\u2329-\u232a\u276c-\u276d\u27e8-\u27e9\u2800\u29fc-\u29fd"
    "\u2adc\u3000\u3008-\u3009\u302a-\u302f\u3099-\u309a\u3164\ua960-\ua97f\ud7b0-\ufaff\ufb1d-\ufdff"
    "\ufe00-\ufe0f\ufe20-\ufe2f\ufe70-\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U00010800-\U00010fff"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U00016fe4\U0001bca0-\U0001bca3\U0001d159"
    "\U0001d15e-\U0001d164"
    "\U0001d173-\U0001d17a\U0001d1bb-\U0001d1c0\U0001e800-\U0001efff\U0002f800-\U0002fa1f"
    "\U000e0000-\U0010ffff"
)
NOTHING = "⟨nothing⟩"
"""What an empty text shows as. No text reads like it."""

NONE = "⟨none⟩"
"""The same of a list without a text."""


def visible(text: str) -> str:
    """Return a text on one line that reads like no other text."""
    if not text:
        return NOTHING
    if _from_the_right().fullmatch(text):
        return text
    return _hidden().sub(_number, text)


def listed(texts: tuple[str, ...]) -> str:
    """Return several texts with commas between them; one that holds a comma has it written out."""
    return ", ".join(_item(text) for text in texts) or NONE


def _item(text: str) -> str:
    return _hidden().sub(_number, text).replace(",", _number_of(",")) if text else NOTHING


@cache
def _hidden() -> re.Pattern[str]:
    # Compiled when something is first shown: it takes longer than all of a short text.
    return re.compile(rf"^ | \Z|(?<= ) |[{_RANGES}]")


@cache
def _from_the_right() -> re.Pattern[str]:
    hebrew, arabic = "[\u05d0-\u05ea]+", "[\u0620-\u063f\u0641-\u064a\u0671-\u06d3]+"
    return re.compile(f"{hebrew}(?: {hebrew})*|{arabic}(?: {arabic})*")


def _number(found: re.Match[str]) -> str:
    return _number_of(found[0])


def _number_of(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"
