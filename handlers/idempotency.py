"""The header by which a call names itself: a string, quoted or bare (draft-ietf-httpapi-idempotency-key)."""

import re

HEADER = "Idempotency-Key"

LONGEST = 200
"""Characters of a key."""

_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])+)"')
_BARE = re.compile(r"[A-Za-z0-9._~:/+=@-]+")


def read(text: str) -> str:
    """The key that a header means. Raises `ValueError` where it is none."""
    text = text.strip()
    quoted = _QUOTED.fullmatch(text)
    key = re.sub(r'\\(["\\])', r"\1", quoted[1]) if quoted else text
    if len(key) > LONGEST or not (quoted or _BARE.fullmatch(text)):
        raise ValueError("no key of a call")
    return key
