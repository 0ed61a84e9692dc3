"""What is taken out of a log line before it is written: tokens, signatures, secrets, bodies and records."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import unquote_plus

from handlers.settings import Secret

# A JWS in compact form begins with the base64url of `{"` (RFC 7515 section 3.3).
_JWS = re.compile(r"eyJ[\w-]{6,}(?:\.[\w-]*){0,2}")
_SECRETS = (
    r"ya29\.[\w.-]+|1//[\w-]{16,}",  # Google's access and refresh tokens
    r"GOCSPX-[\w-]+|AIza[\w-]{20,}",  # Google's client secrets and API keys
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)",
    r"(?<=(?i:bearer) )\S+|(?<=(?i:authorization: basic) )\S+",
)
# Base64 that stands behind the word may be a name with its password, or the next word of a sentence.
_BASIC = re.compile(r"(?<=(?i:basic) )[\w+/-]{4,}={0,2}", re.ASCII)
_ESCAPED = re.compile(r"(?<![^\s%])[^\s%]*(?:%[0-9A-Fa-f]{2}[^\s%]*)+")
_ENCODED = re.compile(r"[\w+/-]{16,}={0,2}", re.ASCII)
# Looked for once in each part between two `&`, at its first name, and not anew at every other one.
_FORM = re.compile(
    r"(?:payload|token|body)=\S+"
    r"|(?<![^\s&])(?P<before>(?>[^\s&]*?(?<![\w.%-])(?=[\w.%-]++=)))[^\s&]*+(?:&[\w.%-]++=[^\s&]*+){2,}"
)
_RECORD = re.compile(r"\b_*[A-Z]\w*\((?=[a-z_]\w*=)")
# A quote that does not close goes to the end: looked for anew behind it, the next one would be as long.
_STEP = re.compile(r"""'(?:[^'\\]|\\.)*+(?:'|\\?\Z)|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[()]""", re.DOTALL)
# An empty object holds nothing, and stands in the markers of eligible bindings that the log names.
_OBJECT = re.compile(r"""\{\s*["']|\[\s*[{\["']""")
_ERROR_CODE = re.compile(r"""["']error["']\s*:\s*["']([a-z_]{1,60})["']""")
_JTI = re.compile(r"[\w-]{1,64}")

# Some of these patterns take quadratic time on hostile text, so that no more of it is looked at.
LONGEST = 8_000

LAYERS = 3
"""So often encoded, a secret is still found."""

# Line ends, terminal escapes, and marks that reorder or hide text.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class Redaction:
    """Removes what looks like a secret, and the exact secrets that it was given."""

    def __init__(self, secrets: Iterable[Secret], *, hidden: Iterable[str]) -> None:
        """`hidden` are the patterns of what the channels know as secret."""
        self._secrets = re.compile("|".join((*hidden, *_SECRETS)), re.DOTALL)
        known = sorted({secret.reveal() for secret in secrets}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def clean(self, text: str) -> str:
        """Return the text without secrets, tokens, bodies and records.

        A token leaves its `jti`, a body its error code, and a record its name.
        """
        return _without_objects(_FORM.sub(r"\g<before>[body]", self.without_tokens(_without_records(text))))

    def without_tokens(self, text: str) -> str:
        """Return the text without secrets and tokens; for lines of source in a trace, which look like bodies."""
        return self._shown(text, layers=LAYERS)

    def _shown(self, text: str, *, layers: int) -> str:
        """The same, below so many layers of encoding."""
        if self._known:
            text = self._known.sub("[secret]", text)
        if len(text) > LONGEST:
            text = text[:LONGEST] + " [cut]"
        text = self._secrets.sub("[secret]", _JWS.sub(_token_mark, text))
        text = _BASIC.sub(_login_mark, text)
        if not layers:
            return text

        def unless_hidden(encoded: str, meant: Iterable[str]) -> str:
            hides = any(self._shown(each, layers=layers - 1) != each for each in meant)
            return "[secret]" if hides else encoded

        text = _ESCAPED.sub(lambda found: unless_hidden(found[0], [unquote_plus(found[0])]), text)
        return _ENCODED.sub(lambda found: unless_hidden(found[0], _decoded(found[0])), text)


def _decoded(text: str) -> Iterator[str]:
    """What base64 may mean, wherever in the text it begins."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    for start in range(4):
        part = plain[start:]
        with suppress(ValueError):
            yield base64.b64decode(part[: len(part) - (len(part) % 4 == 1)] + "==").decode("latin-1")


def escaped(text: str, *, keep: str = "") -> str:
    """Return the text on one line: control characters and direction marks as `\\xNN` or `\\uNNNN`."""
    return _CONTROL.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _login_mark(found: re.Match[str]) -> str:
    """Hide base64 where it means a name and a password (RFC 7617); another word stays."""
    name, colon, _ = next(_decoded(found[0]), "").partition(":")
    return "[secret]" if colon and name.isprintable() else found[0]


def _without_objects(text: str) -> str:
    """Drop everything from the first JSON or Python object to its last bracket; without one, to the end."""
    opening = _OBJECT.search(text)
    if not opening:
        return text
    end = max(text.rfind("}"), text.rfind("]"))
    end = end + 1 if end > opening.start() else len(text)
    code = _ERROR_CODE.search(text, opening.start(), end)
    mark = f"[body, error {code[1]}]" if code else "[body]"
    return text[: opening.start()] + mark + text[end:]


def _without_records(text: str) -> str:
    """Drop what stands between the brackets of each record; where they do not close, all that follows."""
    kept, done = [], 0
    while opening := _RECORD.search(text, done):
        kept += [text[done : opening.end()], "[record]"]
        done = _closing(text, opening.end())
    return "".join([*kept, text[done:]])


def _closing(text: str, start: int) -> int:
    """Where the bracket closes that was opened just before; the text's end where it does not."""
    depth = 1
    for step in _STEP.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(step[0], 0)
        if not depth:
            return step.start()
    return len(text)


def _token_mark(found: re.Match[str]) -> str:
    """Name the token by its id, so that a line can be matched with the audit. Nothing of it is trusted."""
    parts = found[0].split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        jti = claims["jti"]
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return "[token]"
    return f"[token {jti}]" if isinstance(jti, str) and _JTI.fullmatch(jti) else "[token]"
